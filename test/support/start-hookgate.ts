import { join } from "node:path";
import { DEFAULT_BRAND_ID } from "../../src/brands/brand.ts";
import { loadConfig, type Environment } from "../../src/config.ts";
import { createHookgate } from "../../src/server.ts";
import type { Services } from "../../src/services.ts";
import type { Store } from "../../src/store/store.ts";
import { freePort } from "./free-port.ts";
import { ManualClock } from "./manual-clock.ts";
import { newTestStore } from "./test-store.ts";

export interface TestHookgate {
  readonly url: string;
  readonly services: Services;
  readonly store: Store;
  readonly clock: ManualClock;
  /** The brand that exists from the start. */
  readonly brandId: string;
  readonly setUpPath: string | null;
  /** The whole route table. */
  readonly routes: readonly { readonly method: string; readonly url: string }[];
  close(): Promise<void>;
}

/** The whole server in this process, listening on a port of its own, on a new store (unless told otherwise) and a clock that tests move. */
export async function startHookgate(environment: Environment = {}): Promise<TestHookgate> {
  const clock = new ManualClock();
  const routes: { method: string; url: string }[] = [];
  const own = environment["HOOKGATE_STORE"] === undefined ? await newTestStore() : null;
  const config = loadConfig({ ...own?.environment, HOOKGATE_PORT: String(await freePort()), HOOKGATE_LOG_LEVEL: "silent", ...environment });
  const hookgate = await createHookgate(config, {
    clock,
    assetsDirectory: join(import.meta.dirname, "../../dist/assets"),
    onRoute: (method, url) => routes.push({ method, url }),
  });
  await hookgate.listen();
  const { services, url, setUpPath } = hookgate;
  const close = async () => {
    await hookgate.close();
    await own?.remove();
  };
  return { url, services, store: services.store, clock, brandId: DEFAULT_BRAND_ID, setUpPath, routes, close };
}
