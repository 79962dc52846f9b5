import { LeasedJob } from "./jobs/leased-job.ts";
import type { Clock } from "./lib/clock.ts";
import type { Store } from "./store/store.ts";

/** Deletes what has expired, in small batches, as long as the process runs; of several processes on one store, one does. */
export function openSweeper(store: Store, clock: Clock, onFailure: (error: unknown) => void): LeasedJob {
  return new LeasedJob({
    name: "sweep",
    leases: store.leases,
    clock,
    work: (lease) =>
      store.transaction(async ({ leases, sweep }) => {
        const now = clock.now();
        return (await leases.takeLease(lease, now)) ? sweep(now) : 0;
      }),
    onFailure,
  });
}
