import { spawn } from "node:child_process";
import { expect, test } from "vitest";
import { DEFAULT_BRAND_ID } from "../../src/brands/brand.ts";
import { DAY } from "../../src/lib/clock.ts";
import { lowestIdAt, newRandomId } from "../../src/lib/id.ts";
import { openStore } from "../../src/store/open-store.ts";
import type { Store } from "../../src/store/store.ts";
import { newRefusedCall, newUser, newWebhook } from "../conformance/fixture.ts";
import { newSharedStore } from "../support/test-store.ts";

const NOW = Date.UTC(2026, 5, 1);
const KILLS = 6;
const CALLS = 3_000;

/** Kills the process when it has said `lines` lines; gives whether it had come to its end before. */
async function sweepAndKill(url: string, lines: number): Promise<boolean> {
  const child = spawn(process.execPath, [new URL("sweep-until-done.ts", import.meta.url).pathname, url, String(NOW)], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => {
    said += chunk.toString();
    if (said.split("\n").length > lines) child.kill("SIGKILL");
  });
  const code = await new Promise<number | null>((resolve) => child.once("exit", resolve));
  return code === 0;
}

/** What is there, oldest first: each call that is there is whole. */
async function remaining(store: Store): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let after: string | null = null, more = true; more;) {
    const page = await store.calls.listCalls(DEFAULT_BRAND_ID, { webhookId: null, ownerId: null, outcome: null }, { limit: 500, after });
    for (const { id, fromConsole } of page.rows) {
      expect(fromConsole?.userName).toBe("Ada");
      ids.push(id);
    }
    after = page.next;
    more = after !== null;
  }
  return ids.toReversed();
}

test(
  `a sweep that is killed ${KILLS} times leaves whole calls, the newest of the old ones and every young one; the next goes on to the end`,
  { timeout: 180_000 },
  async () => {
    const { environment, remove } = await newSharedStore();
    const url = environment["HOOKGATE_STORE"]!;
    const store = await openStore({ url, migrate: true });
    try {
      const ada = newUser({ name: "Ada", role: "admin" });
      await store.users.insertUser(ada, { passwordHash: "none" });
      const webhook = newWebhook(ada);
      await store.webhooks.insertWebhook(webhook);
      await store.brands.updateBrand(DEFAULT_BRAND_ID, { name: "Default", timeZone: "UTC", callsKeptDays: 30 });
      const fromConsole = { userId: ada.id, userName: "Ada", replayOf: null };
      const call = (time: number) =>
        newRefusedCall(webhook, { id: lowestIdAt(time) + newRandomId().slice(13), receivedAt: time, authenticated: true, status: 400, fromConsole });
      const old = Array.from({ length: CALLS }, (_, index) => call(NOW - 60 * DAY + index));
      const young = Array.from({ length: 50 }, (_, index) => call(NOW - 30 * DAY + index));
      await store.calls.insertRefusedCalls(old);
      await store.calls.insertRefusedCalls(young);
      const expected = [...old, ...young].map(({ id }) => id);

      let ended = false;
      for (let kill = 0; kill < KILLS; kill++) {
        ended ||= await sweepAndKill(url, 2);
        const ids = await remaining(store);
        // None is missing in between, and what a sweep has deleted it has deleted whole.
        expect(ids).toEqual(expected.slice(expected.length - ids.length));
        expect(ids.length).toBeLessThan(expected.length);
        expect(ids.length).toBeGreaterThan(young.length);
      }
      expect(ended).toBe(false);
      expect(await sweepAndKill(url, Infinity)).toBe(true);
      expect(await remaining(store)).toEqual(young.map(({ id }) => id));
    } finally {
      await store.close();
      await remove();
    }
  },
);
