import type { FastifyInstance, FastifyRequest } from "fastify";
import type { BrandDirectory } from "../../brands/brand-directory.ts";
import { endOfDay, startOfDay } from "../../brands/day.ts";
import { requireViewer } from "../../identity/viewer.ts";
import { isId } from "../../lib/id.ts";
import type { Form } from "../../lib/form.ts";
import type { PageRequest } from "../../lib/page.ts";
import { notFound } from "../../web/page-error.ts";
import { pageRequestOf, queryOf } from "../../web/query.ts";
import { renderPage } from "../../web/render.tsx";
import type { NavigationEntry, Viewer } from "../../web/viewer.ts";
import { CALL_OUTCOMES } from "./call.ts";
import { CallPage } from "./call-page.tsx";
import { CallsPage, type CallFilter } from "./call-log-pages.tsx";
import { FOLLOWED_CALLS } from "./live-calls.ts";
import { REFUSED_STATUSES } from "../receiving/receiver-answer.ts";
import { obstacleTo } from "./replays.ts";
import { shownCall } from "../mapping/sensitive-fields.ts";
import type { CallSearch, CallStore, CallWithWebhook, StoredCallFilter, WebhookStore } from "../webhook-store.ts";

/** Replays that the page of a call shows. */
const NEWEST_REPLAYS = 20;
/** Webhooks that the filter offers: more would make a list that nobody can read. */
const WEBHOOKS_IN_FILTER = 200;

export const callsNavigation: NavigationEntry = { href: "/calls", label: "Calls", icon: "calls", visible: () => true };

export interface ByCall {
  Params: { callId: string };
}

export interface CallLogDependencies {
  readonly calls: CallStore;
  readonly webhooks: WebhookStore;
  readonly brands: BrandDirectory;
}

/** The call log: members see the calls of their own webhooks, admins all of the brand. */
export function registerCallLogRoutes(scope: FastifyInstance, deps: CallLogDependencies): void {
  const { calls, webhooks } = deps;
  scope.get("/calls", async (request, reply) => {
    const viewer = requireViewer(request);
    const query = queryOf(request);
    const pageRequest = pageRequestOf(query, FOLLOWED_CALLS);
    const { page, filter } = await listFiltered(deps, viewer, query, pageRequest);
    const offered = await webhooks.listWebhooks(viewer.brandId, viewer.isAdmin ? null : viewer.userId, { limit: WEBHOOKS_IN_FILTER, after: null });
    return renderPage(request, reply, <CallsPage page={page} filter={filter} after={pageRequest.after} webhooks={offered.rows} />);
  });

  scope.get<ByCall>("/calls/:callId", async (request, reply) => {
    const call = await visibleCall(calls, request);
    const webhook = await webhooks.findWebhook(call.brandId, call.webhookId);
    const firstCallId = call.repeatOf ?? call.fromConsole?.replayOf ?? null;
    const page = (
      <CallPage
        call={shownCall(call)}
        webhookExists={webhook !== undefined}
        canBeReplayed={obstacleTo(call, webhook) === undefined}
        firstCallExists={firstCallId === null || (await calls.findCall(call.brandId, firstCallId)) !== undefined}
        replays={await calls.listReplaysOf(call.brandId, call.id, NEWEST_REPLAYS)}
      />
    );
    return renderPage(request, reply, page);
  });

  scope.get<ByCall>("/calls/:callId/body", async (request, reply) => {
    const call = shownCall(await visibleCall(calls, request));
    if (call.body === null) throw notFound("kept body of this call");
    // Foreign bytes from our own origin: never shown as a page (attachment, nosniff and the console's policy hold together).
    return reply.header("Content-Disposition", `attachment; filename="call-${call.id}.json"`).type("application/json").send(call.body);
  });
}

/** The calls that the viewer may see and the address asks for. */
export async function listFiltered({ calls, brands }: CallLogDependencies, { brandId, isAdmin, userId }: Viewer, query: Form, pageRequest: PageRequest) {
  const filter = filterOf(query);
  const brand = await brands.find(brandId);
  const stored = { ...storedFilter(filter, brand?.timeZone ?? "UTC"), ownerId: isAdmin ? null : userId };
  return { filter, page: await calls.listCalls(brandId, stored, pageRequest) };
}

/** A call that the viewer may see, with its sensitive values; to anybody else it does not exist. */
export async function visibleCall(calls: CallStore, request: FastifyRequest<ByCall>): Promise<CallWithWebhook> {
  const viewer = requireViewer(request);
  const { callId } = request.params;
  const call = isId(callId) ? await calls.findCall(viewer.brandId, callId) : undefined;
  if (!call || !(viewer.isAdmin || call.ownerId === viewer.userId)) throw notFound("call");
  return call;
}

/** What the address narrows the log to. A value that nothing can fit narrows nothing; only refused calls have a reason. */
function filterOf(query: Form): CallFilter {
  const webhook = query.get("webhook");
  const status = query.get("status") ?? "";
  const isRefusal = Object.hasOwn(REFUSED_STATUSES, status);
  const day = (name: string) => {
    const text = query.get(name);
    return text !== undefined && startOfDay(text, "UTC") !== undefined ? text : undefined;
  };
  return {
    q: query.get("q")?.trim().slice(0, MAX_SEARCH) || undefined,
    webhook: webhook !== undefined && isId(webhook) ? webhook : undefined,
    outcome: isRefusal ? "refused" : CALL_OUTCOMES.find((outcome) => outcome === query.get("outcome")),
    status: isRefusal ? Number(status) : undefined,
    from: day("from"),
    to: day("to"),
  };
}

/** In UTF-16 units. */
const MAX_SEARCH = 200;

function storedFilter({ q, webhook, outcome, status, from, to }: CallFilter, timeZone: string): Omit<StoredCallFilter, "ownerId"> {
  return {
    webhookId: webhook ?? null,
    outcome: outcome ?? null,
    status: status ?? null,
    since: (from !== undefined && startOfDay(from, timeZone)) || null,
    until: (to !== undefined && endOfDay(to, timeZone)) || null,
    search: q === undefined ? null : searchFor(q),
  };
}

/** People paste what they have. An id can only be a customer's; anything else may be a reference or a name. */
function searchFor(text: string): CallSearch {
  const id = text.toLowerCase();
  if (isId(id)) return { reference: null, customerId: id, sender: null };
  return { reference: text.toUpperCase(), customerId: null, sender: id };
}
