import type { FastifyInstance } from "fastify";
import { requireViewer } from "../../identity/viewer.ts";
import { PageError } from "../../web/page-error.ts";
import { renderPage } from "../../web/render.tsx";
import { findFor, type ById } from "../mapping/mapping-routes.tsx";
import type { ReceiveCall } from "../receiving/receive-call.ts";
import { MASK, maskedBody } from "../mapping/sensitive-fields.ts";
import { TestCallPage } from "./test-call-page.tsx";
import type { WebhookService } from "../webhook-service.ts";
import type { CallStore } from "../webhook-store.ts";

interface TestCallRoutesDeps {
  readonly webhooks: WebhookService;
  readonly calls: Pick<CallStore, "findNewestSample">;
  readonly receiveCall: Pick<ReceiveCall, "receiveTest">;
}

/** The longest sample that the form begins with, in UTF-16 units: a form of 256 KB must have room for it encoded. */
const MAX_SAMPLE = 32 * 1024;
const EXAMPLE = `{
  "firstname": "Oauth",
  "email": "oauth2@e-village.nl"
}`;

export function registerTestCallRoutes(scope: FastifyInstance, { webhooks, calls, receiveCall }: TestCallRoutesDeps): void {
  scope.get<ById>("/webhooks/:id/test", async (request, reply) => {
    const webhook = await findFor(webhooks, request);
    if (webhook.authentication === null) throw notInstalled();
    const sample = (await calls.findNewestSample(webhook.brandId, webhook.id))?.body;
    const body = sample && sample.length <= MAX_SAMPLE ? maskedBody(sample, webhook.sensitivePaths ?? []) : EXAMPLE;
    return renderPage(request, reply, <TestCallPage webhook={webhook} body={body} />);
  });
  scope.post<ById>("/webhooks/:id/test", async (request, reply) => {
    const webhook = await findFor(webhooks, request);
    const body = request.form.get("body") ?? "";
    if (body.trim() === "") return renderPage(request, reply, <TestCallPage webhook={webhook} body={body} error="Enter the JSON to send." />, 422);
    if (webhook.sensitivePaths && body.includes(MASK)) {
      return renderPage(request, reply, <TestCallPage webhook={webhook} body={body} error={`Put a value in place of each ${MASK}.`} />, 422);
    }
    const { userId, userName } = requireViewer(request);
    const answer = await receiveCall.receiveTest(webhook.id, body, { userId, userName }, request.id);
    if (!answer) throw notInstalled();
    // The page is there whatever the call was answered; its own status says whether something needs a change.
    return renderPage(request, reply, <TestCallPage webhook={webhook} body={body} answer={answer} />, answer.status === 200 ? 200 : 422);
  });
}

function notInstalled(): PageError {
  return new PageError(409, "This webhook takes no calls yet.", "Go on installing it: step 2 chooses its authentication.");
}
