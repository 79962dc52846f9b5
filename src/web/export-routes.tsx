import type { FastifyInstance, FastifyRequest } from "fastify";
import { EXPORT_FORMATS, type ExportFormat, type ExportPart } from "../lib/export-file.ts";
import type { Form } from "../lib/form.ts";
import { isId, newRandomId } from "../lib/id.ts";
import { ExportPage } from "./export-page.tsx";
import type { Exports } from "./exports.ts";
import { notFound } from "./page-error.ts";
import { queryOf } from "./query.ts";
import { renderPage } from "./render.tsx";
import type { Viewer } from "./viewer.ts";

interface ExportableList {
  /** What is exported: "calls". Also the name of the file. */
  readonly what: string;
  /** Where the list is; its export is below it. */
  readonly listPath: string;
  /** The parameters that narrow the list. */
  readonly narrowedBy: readonly string[];
  readonly hint: string;
  /** The guard comes from outside, and so does who is signed in with this request by now: a file of a million rows takes its time. */
  readonly requireViewer: (request: FastifyRequest) => Viewer;
  readonly findViewer: (request: FastifyRequest) => Promise<Viewer | null>;
  readonly exports: Exports;
  /** The file. `viewer` is asked for each part anew, so that whoever is signed out or switched off gets no more. */
  readonly parts: (format: ExportFormat, query: Form, viewer: () => Promise<Viewer>) => AsyncIterable<ExportPart>;
}

/** The page that offers the file, the file, and how far it is. */
export function registerExportRoutes(scope: FastifyInstance, list: ExportableList): void {
  const { what, listPath, narrowedBy, hint, requireViewer, findViewer, exports, parts } = list;
  const path = `${listPath}/export`;

  scope.get(path, (request, reply) => {
    requireViewer(request);
    const query = queryOf(request);
    const parameters = new URLSearchParams();
    for (const name of narrowedBy) {
      const value = query.get(name);
      if (value !== undefined) parameters.set(name, value);
    }
    const page = <ExportPage what={what} listPath={listPath} path={path} parameters={parameters} exportId={newRandomId()} hint={hint} />;
    return renderPage(request, reply, page);
  });

  // Not for HEAD, which would make the whole file for nobody.
  scope.get(`${path}/file`, { exposeHeadRoute: false }, (request, reply) => {
    const { userId } = requireViewer(request);
    const query = queryOf(request);
    const format = EXPORT_FORMATS.find((known) => known === query.get("format"));
    if (!format) throw notFound("such format");
    const exportId = query.get("export");
    const viewer = async () => {
      const now = await findViewer(request);
      if (now?.userId !== userId) throw new Error(`An export of ${what} was broken off: nobody is signed in with its session any more.`);
      return now;
    };
    return exports.send(reply, {
      userId,
      exportId: exportId !== undefined && isId(exportId) ? exportId : newRandomId(),
      name: what,
      format,
      parts: parts(format, query, viewer),
    });
  });

  scope.get(`${path}/progress`, (request, reply) => {
    const { userId } = requireViewer(request);
    return reply.send(exports.find(userId, queryOf(request).get("export") ?? "") ?? { state: "unknown" });
  });
}
