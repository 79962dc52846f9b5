/**
 * Background work that is looked for when somebody knows of some, and from time to time for what another process has left; one run at a time. Owns
 * when it is done; it must not know what it is, nor whether other processes do it too.
 */
interface WokenLoopDeps {
  /** Between two looks that nobody asked for, in milliseconds. */
  readonly rest: number;
  /** Does what is there to do; asks `isClosing` between its steps. Called again when somebody has woken the loop meanwhile. */
  readonly run: () => Promise<void>;
  /** A run that fails is over; the next look begins anew. */
  readonly onFailure: (error: unknown) => void;
}

export class WokenLoop {
  readonly #deps: WokenLoopDeps;
  #running: Promise<void> | null = null;
  #timer: NodeJS.Timeout | undefined;
  #closing = false;
  #woken = false;

  constructor(deps: WokenLoopDeps) {
    this.#deps = deps;
  }

  get isClosing(): boolean {
    return this.#closing;
  }

  /** Looks for work, now and from time to time. */
  readonly wake = (): void => {
    this.#woken = true;
    if (this.#closing || this.#running) return;
    clearTimeout(this.#timer);
    this.#running = this.#run().finally(() => {
      this.#running = null;
      if (!this.#closing) this.#timer = setTimeout(this.wake, this.#deps.rest).unref();
    });
  };

  /** Ends after the step that is under way. */
  async close(): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      while (this.#woken) {
        this.#woken = false;
        await this.#deps.run();
      }
    } catch (error) {
      this.#deps.onFailure(error);
    }
  }
}
