import type { Replay } from "./replay.ts";

/** How far a replay has come. */
export type ReplayProgress = Pick<Replay, "afterId" | "accepted" | "refused">;

export interface ReplayStore {
  /** False when the webhook has one that is not finished. */
  insertReplay(replay: Replay): Promise<boolean>;
  /** The one that was started last. */
  findNewestReplay(brandId: string, webhookId: string): Promise<Replay | undefined>;
  /**
   * Takes an unfinished replay that nobody works on, of any brand; until `leasedUntil` nobody else gets it. Of any number of processes one gets
   * it; one that dies leaves it to whoever asks after that time.
   */
  claimReplay(lease: string, now: number, leasedUntil: number): Promise<Replay | undefined>;
  /** Writes down how far it has come and prolongs the lease. False when the lease is lost or the replay was stopped: then nothing was written. */
  recordReplay(replay: Pick<Replay, "brandId" | "id">, lease: string, progress: ReplayProgress, leasedUntil: number): Promise<boolean>;
  finishReplay(replay: Pick<Replay, "brandId" | "id">, lease: string, now: number): Promise<void>;
  /** Ends it before its last call; what it has written stays. False when none is under way. */
  stopReplay(brandId: string, webhookId: string, now: number): Promise<boolean>;
}
