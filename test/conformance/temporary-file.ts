import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A path for a database file in a directory that does not exist yet, removed when the test has finished. */
export function temporaryFile(): string {
  const directory = mkdtempSync(join(tmpdir(), "hookgate-store-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, "data", "hookgate.db");
}
