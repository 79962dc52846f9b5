import type { FastifyInstance, FastifyRequest } from "fastify";
import { requireViewer } from "../../identity/viewer.ts";
import type { Form } from "../../lib/form.ts";
import { DAY, HOUR, type Clock } from "../../lib/clock.ts";
import { PageError } from "../../web/page-error.ts";
import { queryOf } from "../../web/query.ts";
import { renderPage } from "../../web/render.tsx";
import { visibleCall, type ByCall } from "./call-log-routes.tsx";
import { callHref } from "./call-log-pages.tsx";
import { findFor, type ById } from "../mapping/mapping-routes.tsx";
import { ReplayCallPage, ReplayRefusedPage, type Period } from "./replay-pages.tsx";
import { obstacleTo, type Obstacle, type Replays } from "./replays.ts";
import type { WebhookService } from "../webhook-service.ts";
import type { CallStore, WebhookStore } from "../webhook-store.ts";

interface ReplayRoutesDeps {
  readonly webhooks: WebhookService;
  readonly webhookStore: Pick<WebhookStore, "findWebhook">;
  readonly calls: CallStore;
  readonly replays: Replays;
  readonly clock: Clock;
}

const PERIODS: readonly Period[] = [
  { value: "hour", label: "In the last hour", length: HOUR },
  { value: "day", label: "In the last 24 hours", length: DAY },
  { value: "week", label: "In the last 7 days", length: 7 * DAY },
  { value: "all", label: "At any time", length: Infinity },
];
const USUAL_PERIOD = PERIODS[1]!;

/** Writing calls once more: owners and admins, who alone see a call, decide it on a page that says what happens. */
export function registerReplayRoutes(scope: FastifyInstance, { webhooks, webhookStore, calls, replays, clock }: ReplayRoutesDeps): void {
  const replayable = async (request: FastifyRequest<ByCall>) => {
    const call = await visibleCall(calls, request);
    const webhook = await webhookStore.findWebhook(call.brandId, call.webhookId);
    const obstacle = obstacleTo(call, webhook);
    if (obstacle) throw cannotReplay(obstacle);
    return { call, webhook };
  };
  scope.get<ByCall>("/calls/:callId/replay", async (request, reply) => {
    const { call } = await replayable(request);
    return renderPage(request, reply, <ReplayCallPage call={call} />);
  });
  scope.post<ByCall>("/calls/:callId/replay", async (request, reply) => {
    const { call, webhook } = await replayable(request);
    const replayed = await replays.replayCall(call, webhook, requireViewer(request), request.id);
    if (replayed.kind !== "replayed") throw cannotReplay(replayed);
    const { answer } = replayed;
    if (answer.status >= 500)
      throw new PageError(503, "The call could not be replayed now.", "Go back and try again: however often a call is replayed, no customer is made twice.");
    // The page of a refused replay says by itself what became of it, and why.
    if (answer.status === 200) reply.setFlash({ notice: "The call is replayed." });
    return reply.redirect(callHref({ id: answer.callId }), 303);
  });

  scope.get<ById>("/webhooks/:id/replay", async (request, reply) => {
    const webhook = await findFor(webhooks, request);
    const chosen = periodOf(queryOf(request));
    const count = await replays.countRefused(webhook, startOf(chosen, clock));
    const newest = await replays.findNewest(webhook);
    return renderPage(request, reply, <ReplayRefusedPage webhook={webhook} periods={PERIODS} chosen={chosen} count={count} newest={newest} />);
  });
  scope.post<ById>("/webhooks/:id/replay", async (request, reply) => {
    const webhook = await findFor(webhooks, request);
    if (webhook.mapping === null) throw cannotReplay({ kind: "no-mapping" });
    const started = await replays.start(webhook, startOf(periodOf(request.form), clock), requireViewer(request));
    const notice = started ? "The replay has begun." : "A replay of this webhook is under way already.";
    return reply.setFlash({ notice }).redirect(`/webhooks/${webhook.id}/replay`, 303);
  });
  scope.post<ById>("/webhooks/:id/replay/stop", async (request, reply) => {
    const webhook = await findFor(webhooks, request);
    await replays.stop(webhook);
    return reply.setFlash({ notice: "The replay is stopped." }).redirect(`/webhooks/${webhook.id}/replay`, 303);
  });
}

function periodOf(form: Form): Period {
  return PERIODS.find(({ value }) => value === form.get("since")) ?? USUAL_PERIOD;
}

function startOf({ length }: Period, clock: Clock): number {
  return Math.max(0, clock.now() - length);
}

const SENTENCES = {
  "no-body": ["The body of this call was not kept, so it cannot be replayed.", "Ask whoever sent it to send it again."],
  "no-webhook": ["The webhook of this call is deleted, so it cannot be replayed.", "Install another one and have the call sent there."],
  "no-mapping": ["Nothing is mapped yet, so a replay would write nothing.", "Map fields on the webhook’s page first."],
  waiting: ["This call waits to be written.", "Resume its webhook: it is written in its turn."],
  "not-the-first": ["This call is a replay or a repeat itself.", "Open the first call, which has the body, and replay that one."],
} as const satisfies Record<Obstacle["kind"], readonly [string, string]>;

function cannotReplay({ kind }: Obstacle): PageError {
  const [what, todo] = SENTENCES[kind];
  return new PageError(409, what, todo);
}
