import type { Topic } from "../../lib/changes.ts";

interface Listener {
  readonly topic: Topic;
  readonly run: () => void | Promise<void>;
}

/** Who wants to hear of which topic, and which topics have moved without all of their listeners having run with success. */
export class TopicListeners {
  readonly #listeners: Listener[] = [];
  #moved = new Set<Topic>();
  #running: Promise<void> | null = null;

  add(topic: Topic, run: () => void | Promise<void>): void {
    this.#listeners.push({ topic, run });
  }

  /** The run under way, if any. What it reads may be older than the latest commit. */
  get running(): Promise<void> | null {
    return this.#running;
  }

  /** Whether a topic has moved that no run has taken up yet, or none with success. */
  get areDue(): boolean {
    return this.#moved.size > 0;
  }

  markMoved(topic: Topic): void {
    this.#moved.add(topic);
  }

  /** Runs the listeners of all topics that have moved, in order of registration. When one fails this rejects, and all of them are due again. */
  run(): Promise<void> {
    this.#running = this.#run().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #run(): Promise<void> {
    const moved = this.#moved;
    // A commit while the listeners run starts a new set, and with it another round.
    this.#moved = new Set();
    try {
      for (const { topic, run } of this.#listeners) if (moved.has(topic)) await run();
    } catch (error) {
      for (const topic of moved) this.#moved.add(topic);
      throw error;
    }
  }
}
