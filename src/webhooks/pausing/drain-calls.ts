/**
 * Decides calls that waited, in their turn and with the mapping that their webhook has now: the same plan and the same commits as for a call
 * that has just come. Owns what becomes of each; it must not know who drains which queue, or when.
 */
import type { Call } from "../calls/call.ts";
import { planCall } from "../receiving/call-plan.ts";
import { FAILED_WHILE_WAITING, ruleBroken, WEBHOOK_GONE } from "../receiving/call-refusals.ts";
import { brokenKey } from "../mapping/field-mapping.ts";
import type { GroupCommit } from "../receiving/group-commit.ts";
import { parseJson } from "../json/json-document.ts";
import { refusalAnswer, type Refusal } from "../receiving/receiver-answer.ts";
import type { LiveWebhook, WebhookDirectory } from "../webhook-directory.ts";

interface DrainCallsDeps {
  readonly directory: WebhookDirectory;
  readonly groupCommit: GroupCommit;
  /** Told the target of each call that is in its outbox from now on. */
  readonly onForwarded: (targetId: string) => void;
}

export class DrainCalls {
  readonly #deps: DrainCallsDeps;

  constructor(deps: DrainCallsDeps) {
    this.#deps = deps;
  }

  /**
   * The first waiting calls of one webhook, in their order. Each is decided at most once, however many processes try; how many were decided by this
   * one. Fewer than given: the webhook is paused again, somebody else was quicker, or the store could not write.
   */
  async drain(webhookId: string, calls: readonly Call[]): Promise<number> {
    const webhook = await this.#deps.directory.find(webhookId);
    // Handed in one after the other before any of them is answered, so that they share a commit and keep their order in it.
    const decided = await Promise.all(calls.map((call) => this.#decide(webhook, call)));
    return decided.filter(Boolean).length;
  }

  async #decide(webhook: LiveWebhook | undefined, call: Call): Promise<boolean> {
    if (!webhook) return this.#refuse(call, WEBHOOK_GONE);
    const parsed = parseJson(call.body ?? "");
    if (!parsed.ok) return this.#refuse(call, { kind: "not-json", detail: parsed.problem });
    const plan = planCall(webhook.mapping, parsed.document);
    if ("noObjects" in plan) return this.#refuse(call, plan.noObjects);
    if (plan.broken) return this.#refuse(call, plan.broken);
    const outcome = await this.#deps.groupCommit.commit({ call, writes: plan.writes, drains: { refused: null }, forwardTo: webhook.targetId });
    switch (outcome.kind) {
      case "sample":
      case "accepted":
        if (webhook.targetId !== undefined) this.#deps.onForwarded(webhook.targetId);
        return true;
      case "refused":
        return this.#refuse(call, ruleBroken(brokenKey(webhook.mapping!, parsed.document, outcome)));
      case "failed":
        // It would fail for ever, and everything behind it would wait as long.
        return this.#refuse(call, FAILED_WHILE_WAITING);
      default:
        return false;
    }
  }

  async #refuse(call: Call, refusal: Refusal): Promise<boolean> {
    const { body } = refusalAnswer(refusal, call.reference);
    const refused = { reason: refusal.reason ?? refusal.detail, answer: body };
    const outcome = await this.#deps.groupCommit.commit({ call, writes: null, drains: { refused } });
    return outcome.kind === "settled";
  }
}
