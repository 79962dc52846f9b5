/** Looks whether a store can be used, and what should be changed. It leaves nothing behind, and what it cannot look at it says. */
import { placeOf } from "../open-store.ts";
import type { Examination } from "./check.ts";
import { examinePostgres } from "./examine-postgres.ts";
import { examineSqlite } from "./examine-sqlite.ts";

/** Rejects for nothing that is wrong with the store: that is what the checks say. */
export async function examineStore(url: string): Promise<Examination> {
  const place = placeOf(url);
  return place.kind === "postgres" ? examinePostgres(place.url) : examineSqlite(place.path);
}
