/** Pausing a webhook: what it means, before and while it lasts. */
import { ConfirmPage } from "../../web/parts/confirm-page.tsx";
import { Form, FormActions, SubmitButton } from "../../web/parts/form.tsx";
import { Notice } from "../../web/parts/notice.tsx";
import { Time } from "../../web/parts/states.tsx";
import { MAX_WAITING_CALLS } from "../calls/call.ts";
import type { Webhook } from "../webhook.ts";

export function PausePage({ webhook: { id, name } }: { readonly webhook: Webhook }) {
  const path = `/webhooks/${id}`;
  return (
    <ConfirmPage
      title={`Pause “${name}”?`}
      breadcrumb={{ href: path, label: name }}
      consequences={[
        "Calls write nothing. Each is kept and answered 202 with the JSON that it sent, without hookgate_id. It counts for the quota.",
        "When you resume, the calls that wait are written in the order in which they came, with the data mapping of then.",
        `${MAX_WAITING_CALLS.toLocaleString("en")} calls can wait. Further ones are answered 503, and callers should send them again later.`,
        "Calls with wrong credentials or a body that is not JSON are refused as always. A replay writes at once.",
      ]}
      action={`${path}/pause`}
      verb="Pause webhook"
      cancelHref={path}
      canBeUndone
    />
  );
}

/** Nothing where no call waits and none will. */
export function PauseNotice({ webhook: { id, pausedAt }, waiting }: { readonly webhook: Webhook; readonly waiting: number }) {
  if (pausedAt === undefined) return waiting === 0 ? null : <Notice kind="warning">{drainingText(waiting)}</Notice>;
  return (
    <Notice kind="warning">
      <p>
        Paused <Time at={pausedAt} />. Callers are answered 202; {waiting === 0 ? "no call waits yet" : <a href={waitingHref(id)}>{waitText(waiting)}</a>}.
      </p>
      <Form action={`/webhooks/${id}/resume`}>
        <FormActions>
          <SubmitButton>Resume webhook</SubmitButton>
        </FormActions>
      </Form>
    </Notice>
  );
}

function waitText(waiting: number): string {
  return waiting === 1 ? "1 call waits" : `${waiting.toLocaleString("en")} calls wait`;
}

function drainingText(waiting: number): string {
  return `Resumed: ${waitText(waiting)} to be written, in order. Until the last one is, new calls queue behind them and are answered 202.`;
}

function waitingHref(webhookId: string): string {
  return `/calls?webhook=${webhookId}&outcome=waiting`;
}
