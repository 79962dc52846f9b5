import type { Worker } from "node:worker_threads";

/** The next thing that the thread says. */
export function nextMessage(thread: Worker): Promise<unknown> {
  return new Promise((resolve, reject) => {
    thread.once("message", resolve).once("error", reject);
  });
}
