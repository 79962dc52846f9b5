/**
 * Writing earlier calls once more, with the mapping that their webhook has now: one at once, or all refused ones since a time in the
 * background. Owns which calls can be replayed; it must not know how a call is written.
 */
import type { Clock } from "../../lib/clock.ts";
import { lowestIdAt, newRandomId } from "../../lib/id.ts";
import type { Call } from "./call.ts";
import type { ConsoleAnswer, ReceiveCall } from "../receiving/receive-call.ts";
import type { ConsoleUser, Replay } from "./replay.ts";
import type { ReplayStore } from "./replay-store.ts";
import type { CallStore } from "../webhook-store.ts";
import type { Webhook } from "../webhook.ts";

/** Why a call cannot be replayed. */
export type Obstacle =
  /** It is a replay or a repeat itself: the first call has the body. */
  { readonly kind: "not-the-first"; readonly firstCallId: string } | { readonly kind: "no-body" | "no-webhook" | "no-mapping" | "waiting" };

export type ReplayedCall = { readonly kind: "replayed"; readonly answer: ConsoleAnswer } | Obstacle;

/** A replay, and how many calls it still has to take, counted up to MAX_COUNTED. */
export interface ReplayState {
  readonly replay: Replay;
  readonly left: number;
}

interface ReplaysDeps {
  readonly receiveCall: Pick<ReceiveCall, "replay">;
  readonly calls: Pick<CallStore, "listReplayable">;
  readonly replays: ReplayStore;
  readonly clock: Clock;
  /** Told that there is work. */
  readonly wake: () => void;
}

/** Calls are counted up to here: beyond it a page says that there are more. */
export const MAX_COUNTED = 1_000;

type WebhookId = Pick<Webhook, "brandId" | "id">;

export class Replays {
  readonly #deps: ReplaysDeps;

  constructor(deps: ReplaysDeps) {
    this.#deps = deps;
  }

  async replayCall(call: Call, webhook: Webhook | undefined, user: ConsoleUser, reference: string): Promise<ReplayedCall> {
    const obstacle = obstacleTo(call, webhook);
    if (obstacle) return obstacle;
    const answer = await this.#deps.receiveCall.replay(call, call.body!, user, reference);
    return answer ? { kind: "replayed", answer } : { kind: "no-webhook" };
  }

  /** How many refused calls since a time could be replayed, counted up to MAX_COUNTED. */
  async countRefused({ brandId, id }: WebhookId, since: number): Promise<number> {
    return (await this.#deps.calls.listReplayable(brandId, id, this.#spanSince(since), MAX_COUNTED)).length;
  }

  /** From now on the refused calls since that time, and up to now, are replayed in the background. False when the webhook's last replay is still under way. */
  async start({ brandId, id }: WebhookId, since: number, { userId, userName }: ConsoleUser): Promise<boolean> {
    const { replays, clock, wake } = this.#deps;
    const started = await replays.insertReplay({
      id: newRandomId(),
      brandId,
      webhookId: id,
      userId,
      userName,
      ...this.#spanSince(since),
      accepted: 0,
      refused: 0,
      startedAt: clock.now(),
      finishedAt: null,
      isStopped: false,
    });
    if (started) wake();
    return started;
  }

  async findNewest({ brandId, id }: WebhookId): Promise<ReplayState | undefined> {
    const replay = await this.#deps.replays.findNewestReplay(brandId, id);
    if (!replay) return undefined;
    const left = replay.finishedAt === null ? (await this.#deps.calls.listReplayable(brandId, id, replay, MAX_COUNTED)).length : 0;
    return { replay, left };
  }

  /** What was replayed until now stays as it is. */
  async stop({ brandId, id }: WebhookId): Promise<void> {
    await this.#deps.replays.stopReplay(brandId, id, this.#deps.clock.now());
  }

  #spanSince(since: number): Pick<Replay, "afterId" | "throughId"> {
    return { afterId: lowestIdAt(since), throughId: lowestIdAt(this.#deps.clock.now() + 1) };
  }
}

export function obstacleTo(call: Call, webhook: Pick<Webhook, "mapping"> | undefined): Obstacle | undefined {
  const firstCallId = call.fromConsole?.replayOf ?? call.repeatOf;
  if (firstCallId !== null && firstCallId !== undefined) return { kind: "not-the-first", firstCallId };
  if (call.outcome === "waiting") return { kind: "waiting" };
  if (call.body === null || !call.authenticated) return { kind: "no-body" };
  if (!webhook) return { kind: "no-webhook" };
  return webhook.mapping ? undefined : { kind: "no-mapping" };
}
