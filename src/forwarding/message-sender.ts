import { createHmac } from "node:crypto";
import type { SecretBox } from "../keys/secret-box.ts";
import { SECOND, type Clock } from "../lib/clock.ts";
import type { OutgoingClient } from "../outgoing/outgoing-client.ts";
import { SIGNATURE_FORMS } from "../webhooks/authentication/signature-form.ts";
import { failureOf, type AttemptFailure } from "./attempt-failure.ts";
import type { OutboxStore } from "./forwarding-store.ts";
import { MAX_ATTEMPTS } from "./backoff.ts";
import type { ForwardingTarget, OutboxMessage } from "./target.ts";

/** The form of the signing secrets and of the signatures made with them. */
export const STANDARD_WEBHOOKS = SIGNATURE_FORMS["standard"]!;

interface MessageSenderDeps {
  readonly outbox: Pick<OutboxStore, "findCallBody">;
  readonly client: Pick<OutgoingClient, "post">;
  readonly secretBox: SecretBox;
  readonly clock: Clock;
  readonly version: string;
}

/** Sends a message once, signed by Standard Webhooks 1.0: the body of its call as it was received, with an id that stays the same however often it is sent. */
export class MessageSender {
  readonly #deps: MessageSenderDeps;

  constructor(deps: MessageSenderDeps) {
    this.#deps = deps;
  }

  /** Null when the target has taken it. Rejects only when the store cannot be asked. */
  async send(target: ForwardingTarget, { brandId, callId }: OutboxMessage, signal: AbortSignal): Promise<AttemptFailure | null> {
    const { outbox, client, clock, version } = this.#deps;
    const secret = this.#openSecret(target);
    if (secret === null) return { failure: "Its signing secret cannot be opened. Make a new one.", isOfTarget: true, maxAttempts: MAX_ATTEMPTS };
    const body = await outbox.findCallBody(brandId, callId);
    if (body === null) return { failure: "The call was deleted before it could be sent on.", isOfTarget: false, maxAttempts: 0 };
    const timestamp = String(Math.floor(clock.now() / SECOND));
    const headers = {
      "content-type": "application/json",
      "user-agent": `Hookgate/${version}`,
      "webhook-id": callId,
      "webhook-timestamp": timestamp,
      "webhook-signature": signatureOf(secret, callId, timestamp, body),
    };
    return failureOf(await client.post({ url: new URL(target.url), headers, body: Buffer.from(body), signal }));
  }

  #openSecret({ sealedSecret, id }: ForwardingTarget): string | null {
    try {
      return this.#deps.secretBox.open(sealedSecret, id);
    } catch {
      return null;
    }
  }
}

function signatureOf(secret: string, id: string, timestamp: string, body: string): string {
  const mac = createHmac("sha256", STANDARD_WEBHOOKS.keyOf(secret)).update(`${id}.${timestamp}.${body}`);
  return `v1,${mac.digest("base64")}`;
}
