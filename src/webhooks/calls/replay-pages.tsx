/** Writing calls once more: one of them, or all refused ones of a webhook since a time. */
import { ConsolePage } from "../../web/layout.tsx";
import { ConfirmPage } from "../../web/parts/confirm-page.tsx";
import { Form, FormActions, LinkButton, SubmitButton } from "../../web/parts/form.tsx";
import { Notice } from "../../web/parts/notice.tsx";
import { FilterForm, SelectFilter } from "../../web/parts/search-form.tsx";
import { Section } from "../../web/parts/section.tsx";
import { EmptyState, StatusPill, Time } from "../../web/parts/states.tsx";
import { Facts } from "../../web/parts/table.tsx";
import { callHref } from "./call-log-pages.tsx";
import { MAX_COUNTED, type ReplayState } from "./replays.ts";
import type { CallWithWebhook, WebhookWithOwner } from "../webhook-store.ts";

export function ReplayCallPage({ call }: { readonly call: CallWithWebhook }) {
  const written = call.customerIds.length;
  return (
    <ConfirmPage
      title="Replay this call?"
      breadcrumb={{ href: callHref(call), label: `Call to ${call.webhookName}` }}
      consequences={[
        "Its body is written once more, with the data mapping that the webhook has now.",
        written === 0
          ? "Objects create customers, or update those that the deduplication finds, as if the call arrived now."
          : `The ${written === 1 ? "customer that it wrote gets" : `${written.toLocaleString("en")} customers that it wrote get`} its values again, also where newer calls have changed them. No customer is made twice.`,
      ]}
      stays="The call stays in the log as it is. The replay gets an entry of its own, with your name; whoever sent the call is told nothing, and it does not count for the quota."
      action={`${callHref(call)}/replay`}
      verb="Replay call"
      cancelHref={callHref(call)}
    />
  );
}

/** Since when: the value in addresses and forms, what the page calls it, and how far back it reaches in milliseconds. */
export interface Period {
  readonly value: string;
  readonly label: string;
  readonly length: number;
}

interface ReplayRefusedPageProps {
  readonly webhook: WebhookWithOwner;
  readonly periods: readonly Period[];
  readonly chosen: Period;
  /** How many refused calls of that period can be replayed, counted up to MAX_COUNTED. */
  readonly count: number;
  /** The last one that was started. */
  readonly newest: ReplayState | undefined;
}

/** All refused calls of a webhook since a time; while they are being replayed, how far that has come. */
export function ReplayRefusedPage(props: ReplayRefusedPageProps) {
  const { webhook, newest } = props;
  return (
    <ConsolePage
      title="Replay refused calls"
      breadcrumb={{ href: `/webhooks/${webhook.id}`, label: webhook.name }}
      intro="Calls that were refused, for instance because a value broke a rule, are written once more with the data mapping of now."
    >
      {newest?.replay.finishedAt === null ? <UnderWay webhook={webhook} state={newest} /> : <Start {...props} />}
      {newest && newest.replay.finishedAt !== null && <Finished state={newest} webhook={webhook} />}
    </ConsolePage>
  );
}

function Start({ webhook, periods, chosen, count }: ReplayRefusedPageProps) {
  const path = `/webhooks/${webhook.id}/replay`;
  if (webhook.mapping === null) {
    return (
      <EmptyState action={{ href: `/webhooks/${webhook.id}/mapping`, label: "Map fields" }}>Nothing is mapped yet, so a replay would write nothing.</EmptyState>
    );
  }
  return (
    <>
      <FilterForm action={path} chosen={false}>
        <SelectFilter name="since" label="Refused since" value={chosen.value} options={periods} />
      </FilterForm>
      {count === 0 ? (
        <EmptyState>
          No refused call of this period can be replayed. Calls without a body, and those that a replay has written already, are left out.
        </EmptyState>
      ) : (
        <Form action={path} class="confirm">
          <input type="hidden" name="since" value={chosen.value} />
          <p>{counted(count)} will be replayed, oldest first:</p>
          <ul class="consequences">
            <li>Objects create customers, or update those that the deduplication finds, also where newer calls have changed them.</li>
            <li>Each replay gets an entry in the log, with your name. A call that breaks a rule still is refused again and writes nothing.</li>
          </ul>
          <p>It runs in the background while new calls go on being taken, and does not count for the quota. You can stop it; what was written then stays.</p>
          <FormActions>
            <SubmitButton>Replay refused calls</SubmitButton>
            <LinkButton href={`/webhooks/${webhook.id}`}>Cancel</LinkButton>
          </FormActions>
        </Form>
      )}
    </>
  );
}

function counted(count: number): string {
  if (count >= MAX_COUNTED) return `${MAX_COUNTED.toLocaleString("en")} calls or more`;
  return count === 1 ? "1 call" : `${count} calls`;
}

function UnderWay({ webhook, state: { replay, left } }: { readonly webhook: WebhookWithOwner; readonly state: ReplayState }) {
  const path = `/webhooks/${webhook.id}/replay`;
  return (
    <Section title="Under way" action={<a href={path}>Refresh</a>}>
      <Facts
        facts={[
          ["State", <StatusPill kind="waiting">Replaying</StatusPill>],
          ["Accepted", replay.accepted.toLocaleString("en")],
          ["Refused again", replay.refused.toLocaleString("en")],
          ["Left", counted(left)],
          ["Started", <Time at={replay.startedAt} />],
          ["By", <bdi>{replay.userName}</bdi>],
        ]}
      />
      <Form action={`${path}/stop`}>
        <FormActions>
          <SubmitButton kind="plain">Stop the replay</SubmitButton>
        </FormActions>
      </Form>
    </Section>
  );
}

function Finished({ webhook, state: { replay } }: { readonly webhook: WebhookWithOwner; readonly state: ReplayState }) {
  return (
    <Section title="The last replay" action={<a href={`/calls?webhook=${webhook.id}`}>Calls of the webhook</a>}>
      {replay.isStopped && <Notice kind="warning">It was stopped before its last call.</Notice>}
      <Facts
        facts={[
          ["Accepted", replay.accepted.toLocaleString("en")],
          ["Refused again", replay.refused.toLocaleString("en")],
          ["Started", <Time at={replay.startedAt} />],
          ["Ended", <Time at={replay.finishedAt!} />],
          ["By", <bdi>{replay.userName}</bdi>],
        ]}
      />
    </Section>
  );
}
