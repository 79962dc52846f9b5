import { WokenLoop } from "../../jobs/woken-loop.ts";
import { SECOND, type Clock } from "../../lib/clock.ts";
import { newRandomId } from "../../lib/id.ts";
import type { ReceiveCall } from "../receiving/receive-call.ts";
import type { Replay } from "./replay.ts";
import type { ReplayStore } from "./replay-store.ts";
import type { CallStore } from "../webhook-store.ts";

interface ReplayRunnerDeps {
  readonly receiveCall: Pick<ReceiveCall, "replay">;
  readonly calls: Pick<CallStore, "findCall" | "listReplayable">;
  readonly replays: ReplayStore;
  readonly clock: Clock;
  readonly newReference: () => string;
  readonly onFailure: (error: unknown) => void;
}

/** Calls between two notes of how far a replay has come: what is replayed once more after a crash. */
const BATCH = 25;
/** How long a replay stays with a process that does not answer any more. */
const LEASE = 30 * SECOND;
/** Between two looks for replays that another process has left. */
const REST = 10 * SECOND;

/**
 * Works on replays in the background, one at a time in each process and one call after the other: live calls come in between, and no more than one
 * body is in memory. At least once: after a crash up to BATCH calls are written again, which changes nothing, because a replay writes the same customers.
 */
export class ReplayRunner {
  readonly #deps: ReplayRunnerDeps;
  readonly #lease = newRandomId();
  readonly #loop: WokenLoop;

  constructor(deps: ReplayRunnerDeps) {
    this.#deps = deps;
    // After a failure the replay stays as it was noted last, and is claimed again when its lease is over.
    this.#loop = new WokenLoop({ rest: REST, run: () => this.#run(), onFailure: deps.onFailure });
  }

  /** Looks for replays, now and from time to time. */
  readonly wake = (): void => this.#loop.wake();

  /** Ends after the call that is being written. The rest waits for the next process. */
  close(): Promise<void> {
    return this.#loop.close();
  }

  async #run(): Promise<void> {
    for (let replay = await this.#claim(); replay; replay = await this.#claim()) await this.#work(replay);
  }

  async #claim(): Promise<Replay | undefined> {
    if (this.#loop.isClosing) return undefined;
    const now = this.#deps.clock.now();
    return this.#deps.replays.claimReplay(this.#lease, now, now + LEASE);
  }

  async #work(replay: Replay): Promise<void> {
    const { calls, replays, clock } = this.#deps;
    let progress: Replay = replay;
    while (true) {
      const callIds = await calls.listReplayable(replay.brandId, replay.webhookId, progress, BATCH);
      if (callIds.length === 0) return replays.finishReplay(replay, this.#lease, clock.now());
      for (const callId of callIds) {
        if (this.#loop.isClosing) break;
        progress = await this.#replayCall(progress, callId);
      }
      // Closing gives the lease back, so that the next process need not wait for its end.
      const leasedUntil = this.#loop.isClosing ? 0 : clock.now() + LEASE;
      const goesOn = await replays.recordReplay(replay, this.#lease, progress, leasedUntil);
      if (!goesOn || this.#loop.isClosing) return;
    }
  }

  async #replayCall(progress: Replay, callId: string): Promise<Replay> {
    const { calls, receiveCall, newReference } = this.#deps;
    const { userId, userName } = progress;
    const call = await calls.findCall(progress.brandId, callId);
    const answer = call?.body ? await receiveCall.replay(call, call.body, { userId, userName }, newReference()) : undefined;
    if (answer?.status === 503) throw new Error(`Call ${callId} could not be replayed now.`);
    const isAccepted = answer?.status === 200;
    return { ...progress, afterId: callId, accepted: progress.accepted + (isAccepted ? 1 : 0), refused: progress.refused + (isAccepted ? 0 : 1) };
  }
}
