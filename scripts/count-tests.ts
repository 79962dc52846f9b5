/** Prints "PASSED FAILED" from the test runner's JSON report; a test file that could not even load counts as a failure. */
import { readFileSync } from "node:fs";

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
}

const report = JSON.parse(readFileSync(new URL("../coverage/results.json", import.meta.url), "utf8")) as Report;
const unloadable = report.testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0).length;
process.stdout.write(`${report.numPassedTests} ${report.numFailedTests + unloadable}\n`);
