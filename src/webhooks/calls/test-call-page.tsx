import { ConsolePage } from "../../web/layout.tsx";
import { Form, FormActions, LinkButton, SubmitButton, TextAreaField } from "../../web/parts/form.tsx";
import { Notice } from "../../web/parts/notice.tsx";
import { Section } from "../../web/parts/section.tsx";
import { WAITING_STATUS } from "./call.ts";
import { callHref } from "./call-log-pages.tsx";
import type { ConsoleAnswer } from "../receiving/receive-call.ts";
import { readProblem } from "../receiving/receiver-answer.ts";
import { MASK, maskedBody } from "../mapping/sensitive-fields.ts";
import type { WebhookWithOwner } from "../webhook-store.ts";

interface TestCallPageProps {
  readonly webhook: WebhookWithOwner;
  readonly body: string;
  /** Why nothing was sent. */
  readonly error?: string | undefined;
  /** What the call that was just sent got. */
  readonly answer?: ConsoleAnswer | undefined;
}

/** Sends a call without credentials of its own: who is signed in is proof enough. */
export function TestCallPage({ webhook, body, error, answer }: TestCallPageProps) {
  const path = `/webhooks/${webhook.id}`;
  return (
    <ConsolePage
      title="Send a test call"
      breadcrumb={{ href: path, label: webhook.name }}
      intro="Tries the data mapping with JSON of your own. Only the credentials are not asked for; everything else is as for any call."
    >
      {answer && <Answer answer={answer} sensitivePaths={webhook.sensitivePaths ?? []} />}
      <Form action={`${path}/test`}>
        <TextAreaField
          name="body"
          label="JSON"
          hint={`An object, or an array of objects.${webhook.sensitivePaths ? ` Put values of your own in place of ${MASK}.` : ""}`}
          value={body}
          error={error}
          rows={12}
          monospace
        />
        <p class="hint">
          {webhook.mapping === null
            ? "Nothing is mapped yet: the call becomes the sample that the mapping is made from, and writes no customer."
            : "This is no dry run: it creates or updates customers. It counts for the quota, and stands in the log as a test with your name."}
        </p>
        <FormActions>
          <SubmitButton>Send test call</SubmitButton>
          <LinkButton href={path}>Back to the webhook</LinkButton>
        </FormActions>
      </Form>
    </ConsolePage>
  );
}

interface AnswerProps {
  readonly answer: ConsoleAnswer;
  readonly sensitivePaths: readonly string[];
}

function Answer({ answer: { status, body, callId }, sensitivePaths }: AnswerProps) {
  const isInLog = status < 500;
  return (
    <Section title={`Answered with status ${status}`} action={isInLog && <a href={callHref({ id: callId })}>Open the call in the log</a>}>
      {status === 200 ? (
        <Notice kind="done">The call was accepted.</Notice>
      ) : status === WAITING_STATUS ? (
        <Notice kind="warning">The webhook is paused, so the call waits like any other. It is written when the webhook is resumed.</Notice>
      ) : (
        <Notice kind="error">{isInLog ? "The call was refused, and nothing was written." : "The call could not be taken now. Send it again."}</Notice>
      )}
      <pre class="source-text" tabIndex={0}>
        {status < 300 ? maskedBody(body, sensitivePaths) : JSON.stringify(readProblem(body), null, 2)}
      </pre>
    </Section>
  );
}
