/** The live view: a stream that tells when the beginning of a list of calls has changed, and the rows to put in. */
import type { FastifyInstance } from "fastify";
import { requireViewer, type FindViewer } from "../../identity/viewer.ts";
import { StoreUnavailable } from "../../lib/store-unavailable.ts";
import { EventStreams } from "../../web/event-streams.ts";
import { queryOf } from "../../web/query.ts";
import { renderPage } from "../../web/render.tsx";
import { CallRows } from "./call-log-pages.tsx";
import { listFiltered, type CallLogDependencies } from "./call-log-routes.tsx";
import { FOLLOWED_CALLS, markOf } from "./live-calls.ts";
import { findFor, type ById } from "../mapping/mapping-routes.tsx";
import { NEWEST_CALLS, NewestCalls } from "../webhook-page.tsx";
import { newestCalls } from "../webhook-progress.ts";
import type { WebhookService } from "../webhook-service.ts";

interface LiveCallDependencies extends CallLogDependencies {
  readonly webhookService: WebhookService;
  readonly findViewer: FindViewer;
}

const FIRST_PAGE = { limit: FOLLOWED_CALLS, after: null };

export function registerLiveCallRoutes(scope: FastifyInstance, { webhookService, findViewer, ...deps }: LiveCallDependencies): void {
  const streams = new EventStreams(scope);

  // Not for HEAD, which would wait for the end of the stream.
  scope.get("/calls/live", { exposeHeadRoute: false }, (request, reply) => {
    const { userId } = requireViewer(request);
    const query = queryOf(request);
    const look = async () => {
      try {
        const viewer = await findViewer(request);
        return viewer && markOf((await listFiltered(deps, viewer, query, FIRST_PAGE)).page.rows);
      } catch (error) {
        if (error instanceof StoreUnavailable) return undefined;
        throw error;
      }
    };
    return streams.open(request, reply, { userId, seen: query.get("seen") ?? "", look });
  });

  scope.get("/calls/rows", { config: { isPart: true } }, async (request, reply) => {
    const { page, filter } = await listFiltered(deps, requireViewer(request), queryOf(request), FIRST_PAGE);
    return renderPage(request, reply, <CallRows page={page} filter={filter} after={null} />);
  });

  scope.get<ById>("/webhooks/:id/newest-calls", { config: { isPart: true } }, async (request, reply) => {
    const webhook = await findFor(webhookService, request);
    return renderPage(request, reply, <NewestCalls calls={await newestCalls(deps.calls, webhook, NEWEST_CALLS)} />);
  });
}
