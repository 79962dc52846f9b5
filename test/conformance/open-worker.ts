/* oxlint-disable unicorn/require-post-message-target-origin -- a thread's port has no origins */
/** Opens a store in a thread of its own, which shares no lock with the others, as soon as the gate opens. */
import { parentPort, workerData } from "node:worker_threads";
import { DEFAULT_BRAND_ID } from "../../src/brands/brand.ts";
import { openStore } from "../../src/store/open-store.ts";

const { url, gate } = workerData as { readonly url: string; readonly gate: Int32Array };
parentPort!.postMessage("ready");
Atomics.wait(gate, 0, 0);
const store = await openStore({ url, migrate: true });
await store.setUp.insertSetUpLink(crypto.randomUUID(), 1);
const brand = await store.brands.findBrand(DEFAULT_BRAND_ID);
await store.close();
parentPort!.postMessage(brand?.name);
