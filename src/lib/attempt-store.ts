export interface CountedAttempts {
  readonly attempts: number;
  /** A window starts with the first attempt and ends `windowLength` later; then the next attempt starts another. */
  readonly windowEndsAt: number;
}

/** Counts that every process on the store adds to, by subject: what throttles rest on. */
export interface AttemptStore {
  /** Counts one attempt against a subject in one statement and gives the count within the window that this attempt fell into. */
  countAttempt(subject: string, now: number, windowLength: number): Promise<CountedAttempts>;
  /** The same for several subjects in one transaction, each with its number of attempts, at least 1. Gives every one's count. */
  countAttempts(attempts: ReadonlyMap<string, number>, now: number, windowLength: number): Promise<ReadonlyMap<string, CountedAttempts>>;
  /** Takes one attempt back, never below none. */
  forgiveAttempt(subject: string): Promise<void>;
  /** Forgets what was counted. */
  clearAttempts(subject: string): Promise<void>;
}

/**
 * The latest end that a window may have and be believed: one length for the window, and one for clocks of other processes that are ahead. A later one was
 * written before the clock was set back, and would shut a subject out until the clock is there again.
 */
export function latestWindowEnd(now: number, windowLength: number): number {
  return now + 2 * windowLength;
}

export function windowIsOpen(windowEndsAt: number, now: number, windowLength: number): boolean {
  return windowEndsAt > now && windowEndsAt <= latestWindowEnd(now, windowLength);
}
