import type { Command } from "commander";
import { statSync } from "node:fs";
import { findSecret, loadStore, parseStore } from "../config.ts";
import { checkKeys } from "../keys/key-ring.ts";
import type { StoredKey } from "../keys/key-store.ts";
import { advice, missing, ok, type Check } from "../store/doctor/check.ts";
import { examineStore } from "../store/doctor/examine-store.ts";
import { storeLocation } from "../store/open-store.ts";
import { CommandFailure, JSON_OPTION, printResult, visible } from "./output.ts";

export function addDoctorCommand(program: Command): void {
  program
    .command("doctor")
    .description("look whether a store can be used, and what should be changed; nothing is changed")
    .option("--store <url>", "the store, as in HOOKGATE_STORE; by default that one")
    .option(...JSON_OPTION)
    .addHelpText(
      "after",
      `
May run beside a server. On PostgreSQL it tries each thing that Hookgate needs of a database, in transactions that it rolls back.
Exit status 1: something is missing.

Example: may this database be used?
  hookgate doctor --store postgres://hookgate@db.example/hookgate`,
    )
    .action(doctor);
}

async function doctor({ store: given, json }: { readonly store?: string; readonly json?: true }): Promise<void> {
  const store = given === undefined ? loadStore() : parseStore(given, "--store");
  const { checks: ofStore, keys } = await examineStore(store);
  const checks = [...ofStore, secretCheck(store, keys)];
  const isUsable = checks.every(({ state }) => state !== "missing");
  printResult(json, { store: storeLocation(store), usable: isUsable, checks }, [storeLocation(store), "", ...linesOf(checks)].join("\n"));
  const count = checks.filter(({ state }) => state === "missing").length;
  if (!isUsable) throw new CommandFailure(`The store cannot be used as it is: ${count === 1 ? "one thing is" : `${count} things are`} missing.`);
}

/** The secret without which no key of the store opens. It is never made here. */
function secretCheck(store: string, keys: readonly StoredKey[]): Check {
  const name = "secret";
  let found: ReturnType<typeof findSecret>;
  try {
    found = findSecret(store);
  } catch (error) {
    return missing(name, (error as Error).message, "mend it");
  }
  if (!found) {
    if (keys.length > 0) return missing(name, "not found", "set HOOKGATE_SECRET_FILE, or put the store's secret beside it: without it no key opens");
    return store.startsWith("sqlite:")
      ? ok(name, "none yet; the first start makes it")
      : advice(name, "not set", "set HOOKGATE_SECRET_FILE: every node needs the same one");
  }
  const place = found.file ?? "HOOKGATE_SECRET";
  try {
    checkKeys(keys, found.secret);
  } catch {
    return missing(name, `${place} opens not every key of the store`, "bring back the secret that the store was made with");
  }
  const mode = found.file === null ? 0 : statSync(found.file).mode & 0o777;
  if ((mode & 0o077) !== 0) return advice(name, `${place}, mode ${mode.toString(8).padStart(4, "0")}`, `chmod 600 ${place}`);
  return ok(name, keys.length > 0 ? `${place} opens every key` : place);
}

function linesOf(checks: readonly Check[]): readonly string[] {
  const states = Math.max(...checks.map(({ state }) => state.length));
  const names = Math.max(...checks.map(({ name }) => name.length));
  return checks.flatMap(({ state, name, found, change }) => [
    `${state.padEnd(states)}  ${name.padEnd(names)}  ${visible(found)}`,
    ...(change === undefined ? [] : [`${" ".repeat(states + names + 4)}-> ${visible(change)}`]),
  ]);
}
