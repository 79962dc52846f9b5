/** Messages that this process sends at once, to all targets: each holds a socket, and a body of up to 6 MB. */
const MAX_SENDING = 32;

interface Waiting {
  wake(): void;
}

/** Shares what may be sent at once among the targets: whoever got nothing is woken in turn. */
export class SendingSlots {
  #free = MAX_SENDING;
  readonly #waiting = new Set<Waiting>();

  /** False: none is free, and `who` is woken when one is. */
  take(who: Waiting): boolean {
    if (this.#free === 0) {
      this.#waiting.add(who);
      return false;
    }
    this.#free -= 1;
    return true;
  }

  giveBack(): void {
    this.#free += 1;
    const [next] = this.#waiting;
    if (!next) return;
    this.#waiting.delete(next);
    next.wake();
  }
}
