/** Sweeps a store in a process of its own until nothing is left, and says after each sweep what it has looked at. Arguments: the store's URL, the time. */
import { openStore } from "../../src/store/open-store.ts";

const [, , url = "", now = ""] = process.argv;
const store = await openStore({ url, migrate: false });
for (let looked = -1; looked !== 0;) {
  looked = await store.sweep(Number(now));
  process.stdout.write(`${looked}\n`);
}
await store.close();
