import { windowIsOpen, type AttemptStore } from "./attempt-store.ts";
import { BackgroundWriter } from "./background-writer.ts";
import type { Clock } from "./clock.ts";
import { RecentMap } from "./recent-map.ts";

/** Subjects that are remembered; beyond them the oldest are dropped, and the store tells their counts the next time. */
const MAX_SUBJECTS = 30_000;

interface SharedCountsDeps {
  readonly attempts: AttemptStore;
  readonly clock: Clock;
  readonly windowLength: number;
  readonly onFailure: (error: unknown) => void;
}

interface Count {
  readonly subject: string;
  /** Of all processes, as far as it is known, with what is not in the store yet. */
  times: number;
  /** What the store was not told yet; below zero when more were taken back. */
  untold: number;
  windowEndsAt: number;
}

/**
 * How often something has happened lately, by subject. Asking costs no read: the counts are in memory. Counting goes into the store as well,
 * behind the answers and a group at a time, and brings back what other processes have counted: a subject that is over a limit in one
 * process is over it in another soon after it is counted there.
 */
export class SharedCounts {
  readonly #deps: SharedCountsDeps;
  readonly #writer: BackgroundWriter<string>;
  readonly #counts: RecentMap<Count>;

  constructor(deps: SharedCountsDeps) {
    this.#deps = deps;
    this.#counts = new RecentMap(deps.clock, deps.windowLength, MAX_SUBJECTS);
    this.#writer = new BackgroundWriter({ onFailure: deps.onFailure, write: (subjects) => this.#tell(new Set(subjects)) });
  }

  /** Whether nothing at all has happened lately: then nobody needs to be looked for. */
  get isEmpty(): boolean {
    return this.#counts.isEmpty;
  }

  find(subject: string): { readonly times: number; readonly windowEndsAt: number } {
    const count = this.#counts.get(subject);
    return count && this.#isOpen(count) ? count : NONE;
  }

  add(subject: string): void {
    this.#change(subject, 1);
  }

  takeBack(subject: string): void {
    if (this.find(subject).times > 0) this.#change(subject, -1);
  }

  /** Tells the store what it was not told yet. */
  close(): Promise<void> {
    return this.#writer.close();
  }

  #change(subject: string, by: 1 | -1): void {
    const count = this.#liveCount(subject);
    count.times += by;
    count.untold += by;
    this.#writer.add(subject);
  }

  #liveCount(subject: string): Count {
    const now = this.#deps.clock.now();
    const present = this.#counts.get(subject);
    if (present && this.#isOpen(present)) return present;
    const count = { subject, times: 0, untold: 0, windowEndsAt: now + this.#deps.windowLength };
    this.#counts.set(subject, count);
    return count;
  }

  #isOpen({ windowEndsAt }: Count): boolean {
    return windowIsOpen(windowEndsAt, this.#deps.clock.now(), this.#deps.windowLength);
  }

  async #tell(subjects: ReadonlySet<string>): Promise<void> {
    const { attempts, clock, windowLength } = this.#deps;
    const known = [...subjects].flatMap((subject) => this.#counts.get(subject) ?? []);
    for (const count of known) for (; count.untold < 0; count.untold++) await attempts.forgiveAttempt(count.subject);
    const added = known.filter((count) => count.untold > 0);
    if (added.length === 0) return;
    const told = new Map(added.map(({ subject, untold }) => [subject, untold]));
    for (const count of added) count.untold = 0;
    const counts = await attempts.countAttempts(told, clock.now(), windowLength).catch((error: unknown) => {
      // It is told with the subject's next change: else that would bring back a count without it.
      for (const count of added) count.untold += told.get(count.subject)!;
      throw error;
    });
    for (const [subject, counted] of counts) {
      const count = this.#counts.get(subject);
      if (!count) continue;
      count.times = counted.attempts + count.untold;
      count.windowEndsAt = counted.windowEndsAt;
    }
  }
}

const NONE = { times: 0, windowEndsAt: 0 };
