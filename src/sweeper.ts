import type { Clock } from "./lib/clock.ts";
import { SECOND } from "./lib/clock.ts";
import type { Store } from "./store/store.ts";

/** Between two looks while nothing is left to sweep. */
const REST = 60 * SECOND;
/** Between two batches while something is: requests come in between. */
const BREATH = 50;

/** Deletes what has expired, in small batches, as long as the process runs. Gives the function that ends it. */
export function startSweeper(store: Store, clock: Clock, onFailure: (error: unknown) => void): () => Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();
  let stopped = false;

  const sweep = async () => {
    let swept = 0;
    try {
      swept = await store.sweep(clock.now());
    } catch (error) {
      onFailure(error); // The rows stay, and the next look finds them.
    }
    if (!stopped) wait(swept > 0 ? BREATH : REST);
  };
  const wait = (milliseconds: number) => {
    timer = setTimeout(() => {
      running = sweep();
    }, milliseconds).unref();
  };

  wait(REST);
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await running;
  };
}
