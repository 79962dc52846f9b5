import type { Command } from "commander";
import { existsSync, readFileSync } from "node:fs";
import { findSecret, loadStore, parseStore, secretFileOf } from "../config.ts";
import { checkKeys } from "../keys/key-ring.ts";
import type { StoredKey } from "../keys/key-store.ts";
import { systemClock } from "../lib/clock.ts";
import { makeBackup, restoreBackup } from "../store/copy/backup.ts";
import { copyStore, type CopiedRows } from "../store/copy/copy-store.ts";
import { storeLocation } from "../store/open-store.ts";
import { withCopyProgress } from "./copy-progress.ts";
import { CommandFailure, JSON_OPTION, printResult } from "./output.ts";

interface Options {
  readonly json?: true;
}

interface CopyCommandOptions extends Options {
  readonly from: string;
  readonly to: string;
}

export function addCopyCommands(program: Command): void {
  program
    .command("copy")
    .description("copy everything from one store into an empty one, between SQLite and PostgreSQL in every direction")
    .requiredOption("--from <url>", "the store to read, as in HOOKGATE_STORE; its server may go on")
    .requiredOption("--to <url>", "an empty store: a new file or an empty database")
    .option(...JSON_OPTION)
    .addHelpText(
      "after",
      `
The store is read as it is at one moment; what its server writes afterwards is not copied. To move, stop the server first.
HOOKGATE_SECRET must be the secret of the store, or its secret file lie beside it. A password of PostgreSQL need not stand in the URL: PGPASSWORD
and ~/.pgpass are read too.

Example: outgrow the default
  systemctl stop hookgate
  hookgate copy --from sqlite:/var/lib/hookgate/hookgate.db --to postgres://hookgate@db.example/hookgate`,
    )
    .action(copy);
  program
    .command("backup")
    .description("write the whole store into one file, while the server goes on")
    .argument("<file>", "a name that is not taken")
    .option(...JSON_OPTION)
    .addHelpText("after", "\nThe secret is not in it: keep that in another place.")
    .action(backup);
  program
    .command("restore")
    .description("fill an empty store from a backup")
    .argument("<file>", "what `hookgate backup` wrote, with this Hookgate or an older one")
    .option(...JSON_OPTION)
    .addHelpText("after", "\nStop the server and move its database away first; the secret that belongs to the backup must be in place.")
    .action(restore);
}

async function copy({ from: givenFrom, to: givenTo, json }: CopyCommandOptions): Promise<void> {
  const [from, to] = [parseStore(givenFrom, "--from"), parseStore(givenTo, "--to")];
  const secret = secretOfBoth(from, to);
  const begun = new Date(systemClock.now());
  const copied = await withCopyProgress(json, "Copying", (progress) => copyStore({ from, to, checkKeys: keysOpenWith(secret.secret), progress }));
  printResult(
    json,
    { from: storeLocation(from), to: storeLocation(to), ...countsOf(copied) },
    [
      `Copied ${storeLocation(from)} to ${storeLocation(to)}, and counted in both:`,
      ...linesOf(copied),
      `It holds what was written before ${begun.toISOString()}; what the server has written since is not copied.`,
      `The keys open with ${secret.file ?? "HOOKGATE_SECRET"}. ${whereSecretGoes(secret.file, to)}`,
    ].join("\n"),
  );
}

async function backup(name: string, { json }: Options): Promise<void> {
  const store = loadStore();
  const begun = new Date(systemClock.now());
  const { file, bytes, rows } = await withCopyProgress(json, "Writing", (progress) => makeBackup(store, name, progress));
  const secretFile = findSecret(store)?.file;
  printResult(
    json,
    { file, bytes, ...countsOf(rows) },
    [
      `Wrote ${file}, ${bytes} bytes, checked and on the disk:`,
      ...linesOf(rows),
      `It holds what was written before ${begun.toISOString()}. The secret (${secretFile ?? "HOOKGATE_SECRET"}) is not in it: keep that in another place.`,
    ].join("\n"),
  );
}

async function restore(file: string, { json }: Options): Promise<void> {
  const to = loadStore();
  const secret = findSecret(to);
  if (!secret) throw new CommandFailure(`The secret that belongs to the backup is missing: ${waysToGiveSecret(to)}.`);
  const rows = await withCopyProgress(json, "Restoring", (progress) => restoreBackup(file, { to, checkKeys: keysOpenWith(secret.secret), progress }));
  printResult(
    json,
    { store: storeLocation(to), ...countsOf(rows) },
    [`Restored into ${storeLocation(to)}, and counted:`, ...linesOf(rows), `The keys open with ${secret.file ?? "HOOKGATE_SECRET"}.`].join("\n"),
  );
}

/** The one secret that servers on both stores would use. */
function secretOfBoth(from: string, to: string): NonNullable<ReturnType<typeof findSecret>> {
  const secret = findSecret(from) ?? findSecret(to);
  if (!secret) throw new CommandFailure(`The secret that belongs to the store is missing: ${waysToGiveSecret(from)}.`);
  const other = findSecret(to);
  if (other && other.secret !== secret.secret) {
    throw new CommandFailure(`${other.file} is not the secret of the store that is copied: put a copy of ${secret.file} in its place.`);
  }
  return secret;
}

function waysToGiveSecret(store: string): string {
  const file = secretFileOf(store);
  return file === null ? "set HOOKGATE_SECRET or HOOKGATE_SECRET_FILE" : `put it into ${file}, or set HOOKGATE_SECRET or HOOKGATE_SECRET_FILE`;
}

function keysOpenWith(secret: string): (keys: readonly StoredKey[]) => void {
  return (keys) => {
    try {
      checkKeys(keys, secret);
    } catch (error) {
      throw new CommandFailure((error as Error).message);
    }
  };
}

/** What is left to do, so that the servers on the new store find the secret. */
function whereSecretGoes(file: string | null, to: string): string {
  if (file === null) return "Servers on the new store need the same.";
  const place = secretFileOf(to);
  if (place === null) return `Set HOOKGATE_SECRET_FILE to a copy of it for every server on the new store.`;
  return existsSync(place) && readFileSync(place, "utf8") === readFileSync(file, "utf8")
    ? "It lies beside the new store too."
    : `Put a copy of it at ${place}.`;
}

function countsOf(rows: CopiedRows): { readonly rows: object; readonly total: number } {
  return { rows: Object.fromEntries(rows), total: totalOf(rows) };
}

function linesOf(rows: CopiedRows): readonly string[] {
  const filled = [...rows].filter(([, count]) => count > 0).map(([table, count]) => ({ table, count: String(count) }));
  const lines = [...filled, { table: "in all", count: String(totalOf(rows)) }];
  const width = Math.max(...lines.map(({ table }) => table.length));
  const digits = Math.max(...lines.map(({ count }) => count.length));
  return lines.map(({ table, count }) => `  ${table.padEnd(width)}  ${count.padStart(digits)}`);
}

function totalOf(rows: CopiedRows): number {
  return [...rows.values()].reduce((sum, count) => sum + count, 0);
}
