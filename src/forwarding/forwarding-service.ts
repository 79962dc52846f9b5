import type { SecretBox } from "../keys/secret-box.ts";
import type { Clock } from "../lib/clock.ts";
import { newRandomId } from "../lib/id.ts";
import type { Page, PageRequest } from "../lib/page.ts";
import type { OutgoingClient } from "../outgoing/outgoing-client.ts";
import type { Webhook } from "../webhooks/webhook.ts";
import type { ChosenDead, TargetStore } from "./forwarding-store.ts";
import { STANDARD_WEBHOOKS } from "./message-sender.ts";
import type { DeadMessage, ForwardingTarget, MessageCounts, OutboxMessage } from "./target.ts";

/** Whose target: found before for somebody who may see it. */
type OfWebhook = Pick<Webhook, "id" | "brandId">;

export interface TargetState {
  readonly target: ForwardingTarget;
  readonly counts: MessageCounts;
  /** The message that has waited longest. */
  readonly oldest: OutboxMessage | undefined;
}

export type SetTarget =
  /** `secret`: of a new target, in no other place from now on; null where the target was there. */
  | { readonly kind: "set"; readonly secret: string | null }
  /** A sentence that says what to change. */
  | { readonly kind: "invalid"; readonly error: string }
  | { readonly kind: "gone" };

interface ForwardingServiceDeps {
  readonly targets: TargetStore;
  readonly client: Pick<OutgoingClient, "objectionTo">;
  readonly secretBox: SecretBox;
  readonly clock: Clock;
}

/** In UTF-16 units. */
const MAX_URL_LENGTH = 2_000;
/** Dead messages that one transaction puts back, and one request. */
const REVIVED_TOGETHER = 200;
const MAX_REVIVED = 10_000;

/** Setting, changing and watching the target of a webhook, for pages. */
export class ForwardingService {
  readonly #deps: ForwardingServiceDeps;

  constructor(deps: ForwardingServiceDeps) {
    this.#deps = deps;
  }

  async find({ brandId, id }: OfWebhook): Promise<TargetState | undefined> {
    const { targets } = this.#deps;
    const target = await targets.findTarget(brandId, id);
    if (!target) return undefined;
    return { target, counts: await targets.countMessages(brandId, target.id), oldest: await targets.findOldestMessage(brandId, target.id) };
  }

  /** From the next call on they go to this URL; what waits goes there too. */
  async setUrl(webhook: OfWebhook, text: string): Promise<SetTarget> {
    const { targets, clock } = this.#deps;
    const checked = this.#checkUrl(text);
    if (!checked.ok) return { kind: "invalid", error: checked.error };
    const { brandId, id: webhookId } = webhook;
    const now = clock.now();
    const { url } = checked;
    if (await targets.updateTarget(brandId, webhookId, { url, updatedAt: now })) return { kind: "set", secret: null };
    const id = newRandomId();
    const { secret, sealedSecret } = this.#newSecret(id);
    const inserted = await targets.insertTarget({ id, brandId, webhookId, url, sealedSecret, createdAt: now, updatedAt: now });
    return inserted ? { kind: "set", secret } : { kind: "gone" };
  }

  /** Messages are signed with it from now on, and with the one before no more. Undefined: there is no target. */
  async renewSecret({ brandId, id: webhookId }: OfWebhook): Promise<string | undefined> {
    const { targets, clock } = this.#deps;
    const target = await targets.findTarget(brandId, webhookId);
    if (!target) return undefined;
    const { secret, sealedSecret } = this.#newSecret(target.id);
    return (await targets.updateTarget(brandId, webhookId, { sealedSecret, updatedAt: clock.now() })) ? secret : undefined;
  }

  /** What waits is tried now, whenever its turn would have been. False: there is no target. */
  tryNow({ brandId, id }: OfWebhook): Promise<boolean> {
    return this.#deps.targets.updateTarget(brandId, id, { updatedAt: this.#deps.clock.now() });
  }

  /** What waits, and what is dead, is never sent. False: there is no target. */
  remove({ brandId, id }: OfWebhook): Promise<boolean> {
    return this.#deps.targets.deleteTarget(brandId, id);
  }

  listDead({ brandId, id }: ForwardingTarget, page: PageRequest): Promise<Page<DeadMessage>> {
    return this.#deps.targets.listDeadMessages(brandId, id, page);
  }

  /** Sends one dead message again, or all that are dead now, up to MAX_REVIVED; gives how many. */
  async revive({ brandId, id }: ForwardingTarget, position: number | null): Promise<number> {
    const { targets, clock } = this.#deps;
    const chosen: ChosenDead = position === null ? { diedUntil: clock.now() } : { position };
    let revived = 0;
    let last = REVIVED_TOGETHER;
    while (last === REVIVED_TOGETHER && revived < MAX_REVIVED) {
      last = await targets.reviveDeadMessages(brandId, id, chosen, REVIVED_TOGETHER);
      revived += last;
    }
    return revived;
  }

  #newSecret(targetId: string): { readonly secret: string; readonly sealedSecret: string } {
    const secret = STANDARD_WEBHOOKS.newSecret();
    return { secret, sealedSecret: this.#deps.secretBox.seal(secret, targetId) };
  }

  #checkUrl(text: string): { readonly ok: true; readonly url: string } | { readonly ok: false; readonly error: string } {
    const url = URL.parse(text.trim());
    if (text.length > MAX_URL_LENGTH) return { ok: false, error: `Shorten the URL to ${MAX_URL_LENGTH.toLocaleString("en")} characters.` };
    if (!url || !["http:", "https:"].includes(url.protocol)) return { ok: false, error: "Enter a URL that begins with https://." };
    if (url.hash !== "") return { ok: false, error: "Remove what stands behind the #: it is never sent." };
    switch (this.#deps.client.objectionTo(url)) {
      case null:
        return { ok: true, url: url.href };
      case "unusable-url":
        return { ok: false, error: "Remove the user name and password: messages are signed instead." };
      case "plain-http":
        return {
          ok: false,
          error: "Enter a URL that begins with https://. Plain http is only for addresses that the operator has named in HOOKGATE_FORWARD_TO.",
        };
      default:
        return { ok: false, error: "This address is inside a network. The operator can allow it with HOOKGATE_FORWARD_TO." };
    }
  }
}
