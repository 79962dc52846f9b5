interface BackgroundWriterOptions<Row> {
  /** Writes some rows; what it throws goes to `onFailure`, and the rows are gone. */
  readonly write: (rows: readonly Row[]) => Promise<void>;
  readonly onFailure: (error: unknown) => void;
}

/** Writes are made in groups, at most this often a second: strangers can cause them at will, and each one waits for the disk. */
const WRITES_A_SECOND = 100;
/** Rows that wait; more are dropped. */
const MAX_WAITING = 5_000;

/**
 * Writes down what nobody waits for, after the answers have gone out and never in their way. At most once: what waits when the process
 * dies is lost, and so is what comes faster than it may be written.
 */
export class BackgroundWriter<Row> {
  readonly #options: BackgroundWriterOptions<Row>;
  #waiting: Row[] = [];
  #writesLeft = WRITES_A_SECOND;
  #writing: Promise<void> | null = null;
  #nextSecond: NodeJS.Timeout | null = null;
  #closing = false;

  constructor(options: BackgroundWriterOptions<Row>) {
    this.#options = options;
  }

  get isFull(): boolean {
    return this.#waiting.length >= MAX_WAITING;
  }

  add(row: Row): void {
    if (this.isFull) return;
    this.#waiting.push(row);
    this.#writing ??= this.#write();
  }

  /** Writes something by itself at once, or not at all when there were too many writes in this second. */
  writeNowOrNever(write: () => Promise<void>): void {
    if (this.#mayWrite()) write().catch(this.#options.onFailure);
  }

  /** Writes what waits, without regard to how often. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#endSecond();
    await this.#writing;
  }

  async #write(): Promise<void> {
    // Behind the answers of this turn.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      if (!this.#mayWrite() && !this.#closing) break;
      const rows = this.#waiting;
      this.#waiting = [];
      await this.#options.write(rows).catch(this.#options.onFailure);
    }
    this.#writing = null;
  }

  /** Takes one of this second's writes. */
  #mayWrite(): boolean {
    this.#nextSecond ??= setTimeout(() => this.#endSecond(), 1_000).unref();
    if (this.#writesLeft === 0) return false;
    this.#writesLeft -= 1;
    return true;
  }

  #endSecond(): void {
    clearTimeout(this.#nextSecond ?? undefined);
    this.#nextSecond = null;
    this.#writesLeft = WRITES_A_SECOND;
    if (this.#waiting.length > 0) this.#writing ??= this.#write();
  }
}
