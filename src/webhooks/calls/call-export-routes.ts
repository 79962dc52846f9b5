import type { FastifyInstance } from "fastify";
import { requireViewer, type FindViewer } from "../../identity/viewer.ts";
import { registerExportRoutes } from "../../web/export-routes.tsx";
import type { Exports } from "../../web/exports.ts";
import { exportCalls } from "./call-export.ts";
import { listFiltered, type CallLogDependencies } from "./call-log-routes.tsx";
import { MASK } from "../mapping/sensitive-fields.ts";

interface CallExportDependencies extends CallLogDependencies {
  readonly findViewer: FindViewer;
  readonly exports: Exports;
}

/** The calls that the log shows, as a file. */
export function registerCallExportRoutes(scope: FastifyInstance, { findViewer, exports, ...deps }: CallExportDependencies): void {
  registerExportRoutes(scope, {
    what: "calls",
    listPath: "/calls",
    narrowedBy: ["q", "webhook", "outcome", "status", "from", "to"],
    hint: `Bodies and headers are in the file; values that are marked as sensitive read ${MASK} there as well.`,
    requireViewer,
    findViewer,
    exports,
    parts: (format, query, viewer) =>
      exportCalls(format, {
        list: async (page) => (await listFiltered(deps, await viewer(), query, page)).page,
        read: async (ids, maxBytes) => deps.calls.readCalls((await viewer()).brandId, ids, maxBytes),
      }),
  });
}
