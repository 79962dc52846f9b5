/**
 * Several processes on one port, each a node of its own on the same PostgreSQL database. The first process serves nothing: it starts the
 * workers, starts again whichever ends, and passes on the wish to stop. It must not know what a worker does.
 */
import cluster, { type Worker } from "node:cluster";
import closeWithGrace from "close-with-grace";
import type { Config } from "../config.ts";
import type { createLog } from "../log.ts";
import { CommandFailure } from "./output.ts";

/** Before a worker that has ended is started again, in milliseconds: twice as long each time, from the first to the last. */
const FIRST_PAUSE = 200;
const LAST_PAUSE = 10_000;
/** A worker that has lived so long, in milliseconds, has done nothing wrong at its start. */
const SETTLED = 30_000;

interface WorkersOptions {
  readonly config: Pick<Config, "workers" | "metricsPort">;
  readonly log: ReturnType<typeof createLog>;
  /** How long workers may take to end, in milliseconds. */
  readonly shutdownLimit: number;
}

/** Resolves once all workers listen. Throws when the first one does not get that far: it has said why. */
export async function startWorkers({ config, log, shutdownLimit }: WorkersOptions): Promise<void> {
  const { workers, metricsPort } = config;
  // Each worker takes connections by itself: one that was handed to a worker that is just dying would wait for ever.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  let isStopping = false;
  const timers = new Set<NodeJS.Timeout>();

  /** A slot is what stays of a worker that is started again: its port for metrics. */
  const fork = (slot: number): Worker => {
    const metrics = metricsPort === null ? {} : { HOOKGATE_METRICS_PORT: String(metricsPort + slot) };
    // To itself each worker is the only one.
    return cluster.fork({ HOOKGATE_WORKERS: "1", ...metrics });
  };
  const keep = (worker: Worker, slot: number, pause: number): void => {
    const begun = performance.now();
    worker.once("exit", (status, signal) => {
      if (isStopping) return;
      const next = performance.now() - begun > SETTLED ? FIRST_PAUSE : pause;
      log.error({ worker: slot + 1, status, signal, pause: next }, "a worker has ended and is started again");
      const timer = setTimeout(() => {
        timers.delete(timer);
        keep(fork(slot), slot, Math.min(LAST_PAUSE, next * 2));
      }, next);
      timers.add(timer);
    });
  };

  const signals = closeWithGrace({ delay: shutdownLimit, logger: false }, async () => {
    isStopping = true;
    for (const timer of timers) clearTimeout(timer);
    await Promise.all(Object.values(cluster.workers ?? {}).flatMap((worker) => (worker ? [endOf(worker)] : [])));
  });

  // Alone at first: it makes the tables and the set-up link, and if it cannot start, none can.
  const first = fork(0);
  try {
    await listens(first);
  } catch (error) {
    // Its handlers would turn this into an end in order.
    signals.uninstall();
    throw error;
  }
  keep(first, 0, FIRST_PAUSE);
  for (let slot = 1; slot < workers; slot++) keep(fork(slot), slot, FIRST_PAUSE);
}

/** The first process of several makes what is made once: the set-up link. */
export function isFirstProcess(): boolean {
  return cluster.worker === undefined || cluster.worker.id === 1;
}

/** To be called when a worker cannot start: what ties it to the first process would keep it alive. */
export function giveUpWorker(): void {
  cluster.worker?.disconnect();
}

function listens(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.once("listening", () => resolve());
    worker.once("exit", () => reject(new CommandFailure("The first worker could not start, so none does.")));
  });
}

/** Asks a worker to end in order, and waits for it. */
function endOf(worker: Worker): Promise<void> {
  return new Promise((resolve) => {
    worker.once("exit", () => resolve());
    worker.process.kill("SIGTERM");
  });
}
