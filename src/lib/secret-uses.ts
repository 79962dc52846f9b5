import { setTimeout } from "node:timers/promises";
import { MINUTE, type Clock } from "./clock.ts";

/** Uses of one secret that come closer than this, in milliseconds, leave one note. */
const NOTED_AT_MOST_EVERY = MINUTE;
/** Secrets whose last note is remembered. Far above what one process serves in a minute; beyond it notes are written more often. */
const MAX_REMEMBERED = 100_000;
/** How long notes are gathered before they are written, in milliseconds, and how many a commit has at most: a commit costs as much as many of them. */
const GATHERED = 100;
const MAX_IN_COMMIT = 256;

export interface SecretUse {
  readonly secretId: string;
  readonly usedAt: number;
}

/**
 * Notes when each secret of a kind was last used, so that an owner of two sees which one nobody needs any more. No answer waits for
 * a note: those of a tenth of a second share a commit that comes after. A note that is lost with the process is made at the next use.
 */
export class SecretUses {
  readonly #record: (uses: readonly SecretUse[]) => Promise<void>;
  readonly #clock: Clock;
  readonly #noted = new Map<string, number>();
  readonly #waiting = new Map<string, number>();
  #writing: Promise<void> | undefined;

  /** `record` stores notes; an older one must not replace a newer one. */
  constructor(record: (uses: readonly SecretUse[]) => Promise<void>, clock: Clock) {
    this.#record = record;
    this.#clock = clock;
  }

  note(secretId: string): void {
    const now = this.#clock.now();
    const last = this.#noted.get(secretId);
    if (last !== undefined && now - last < NOTED_AT_MOST_EVERY) return;
    if (last === undefined && this.#noted.size >= MAX_REMEMBERED) this.#noted.clear();
    this.#noted.set(secretId, now);
    this.#waiting.set(secretId, now);
    this.#writing ??= this.#write();
  }

  /** Resolves when everything that was noted so far is stored, or could not be. */
  async close(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    while (this.#waiting.size > 0) {
      await setTimeout(GATHERED);
      await this.#writeGathered();
    }
    this.#writing = undefined;
  }

  async #writeGathered(): Promise<void> {
    const gathered = [...this.#waiting].map(([secretId, usedAt]) => ({ secretId, usedAt }));
    this.#waiting.clear();
    for (let from = 0; from < gathered.length; from += MAX_IN_COMMIT) {
      const uses = gathered.slice(from, from + MAX_IN_COMMIT);
      try {
        await this.#record(uses);
      } catch {
        // A store that cannot write tells everybody who needs an answer from it; here the next use makes the note.
        for (const { secretId } of uses) this.#noted.delete(secretId);
      }
    }
  }
}
