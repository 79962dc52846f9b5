import type { FastifyInstance, FastifyRequest } from "fastify";
import { requireViewer } from "../identity/viewer.ts";
import { isId } from "../lib/id.ts";
import type { Form } from "../lib/form.ts";
import { notFound } from "../web/page-error.ts";
import { pageRequestOf, queryOf } from "../web/query.ts";
import { renderPage } from "../web/render.tsx";
import type { NavigationEntry } from "../web/viewer.ts";
import { CALL_OUTCOMES } from "./call.ts";
import { CallPage } from "./call-page.tsx";
import { CallsPage, type CallFilter } from "./call-log-pages.tsx";
import { REFUSED_STATUSES } from "./receiver-answer.ts";
import type { CallStore, CallWithWebhook, WebhookStore } from "./webhook-store.ts";

const ROWS_A_PAGE = 50;
/** Webhooks that the filter offers: more would make a list that nobody can read. */
const WEBHOOKS_IN_FILTER = 200;

export const callsNavigation: NavigationEntry = { href: "/calls", label: "Calls", icon: "calls", visible: () => true };

interface CallLogDependencies {
  readonly calls: CallStore;
  readonly webhooks: WebhookStore;
}

/** The call log: members see the calls of their own webhooks, admins all of the brand. */
export function registerCallLogRoutes(scope: FastifyInstance, { calls, webhooks }: CallLogDependencies): void {
  scope.get("/calls", async (request, reply) => {
    const viewer = requireViewer(request);
    const ownerId = viewer.isAdmin ? null : viewer.userId;
    const query = queryOf(request);
    const filter = filterOf(query);
    const pageRequest = pageRequestOf(query, ROWS_A_PAGE);
    const page = await calls.listCalls(viewer.brandId, { ...filter, ownerId }, pageRequest);
    const offered = await webhooks.listWebhooks(viewer.brandId, ownerId, { limit: WEBHOOKS_IN_FILTER, after: null });
    return renderPage(request, reply, <CallsPage page={page} filter={filter} after={pageRequest.after} webhooks={offered.rows} />);
  });

  scope.get<{ Params: { callId: string } }>("/calls/:callId", async (request, reply) => {
    const call = await visibleCall(calls, request);
    const webhookExists = (await webhooks.findWebhook(call.brandId, call.webhookId)) !== undefined;
    return renderPage(request, reply, <CallPage call={call} webhookExists={webhookExists} />);
  });

  scope.get<{ Params: { callId: string } }>("/calls/:callId/body", async (request, reply) => {
    const call = await visibleCall(calls, request);
    if (call.body === null) throw notFound("kept body of this call");
    // Foreign bytes from our own origin: never shown as a page (attachment, nosniff and the console's policy hold together).
    return reply.header("Content-Disposition", `attachment; filename="call-${call.id}.json"`).type("application/json").send(call.body);
  });
}

/** A call that the viewer may see; to anybody else it does not exist. */
async function visibleCall(calls: CallStore, request: FastifyRequest<{ Params: { callId: string } }>): Promise<CallWithWebhook> {
  const viewer = requireViewer(request);
  const { callId } = request.params;
  const call = isId(callId) ? await calls.findCall(viewer.brandId, callId) : undefined;
  if (!call || !(viewer.isAdmin || call.ownerId === viewer.userId)) throw notFound("call");
  return call;
}

/** What the address narrows the log to. A value that nothing can fit narrows nothing; only refused calls have a reason. */
function filterOf(query: Form): CallFilter {
  const webhookId = query.get("webhook");
  const status = query.get("status") ?? "";
  const isRefusal = Object.hasOwn(REFUSED_STATUSES, status);
  return {
    webhookId: webhookId !== undefined && isId(webhookId) ? webhookId : null,
    outcome: isRefusal ? "refused" : (CALL_OUTCOMES.find((outcome) => outcome === query.get("outcome")) ?? null),
    status: isRefusal ? Number(status) : null,
  };
}
