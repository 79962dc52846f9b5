/**
 * Lets one piece of work at a time use a connection, in order of arrival. A SQLite connection has one transaction at a time:
 * without this, statements of other work would slip into an open transaction between two awaits.
 */
export class WriteLock {
  #held = false;
  readonly #waiting: (() => void)[] = [];

  acquire(): void | Promise<void> {
    if (this.#held) return new Promise((resolve) => this.#waiting.push(resolve));
    this.#held = true;
  }

  /** Hands the lock to the one that has waited longest, so that nobody can get in between. */
  release(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#held = false;
  }
}
