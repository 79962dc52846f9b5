import { join } from "node:path";
import { freePort } from "../../test/support/free-port.ts";
import type { Answer } from "../load-connection.ts";
import { ServerProcess } from "../server-process.ts";
import type { Candidate } from "./candidate.ts";

/** The one that every ratio is to. */
export const PLAIN_FLOOR = "plain floor";

/** Node writes these by itself. */
const OWN_HEADERS: ReadonlySet<string> = new Set(["date", "connection", "keep-alive"]);

function floor(name: string, kind: "plain" | "batched", configuration: string): Candidate {
  return {
    name,
    configuration,
    isPeer: false,
    takesPart: () => true,
    async start({ pinning, answer }) {
      const port = await freePort();
      const environment = { PORT: String(port), FLOOR_KIND: kind, ...environmentOf(answer!) };
      const command = [process.execPath, join(import.meta.dirname, "../servers/floor.ts")];
      const server = await ServerProcess.start({ pinning, command, port, environment });
      return { server, port };
    },
  };
}

function environmentOf({ status, head, body }: Answer): Readonly<Record<string, string>> {
  const headers = head
    .split("\r\n")
    .slice(1)
    .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()] as const)
    .filter(([name]) => !OWN_HEADERS.has(name.toLowerCase()));
  return { FLOOR_STATUS: String(status), FLOOR_HEADERS: JSON.stringify(Object.fromEntries(headers)), FLOOR_BODY: body.toString() };
}

export const FLOORS: readonly Candidate[] = [
  floor(PLAIN_FLOOR, "plain", "A bare node:http server that reads the request and answers with the bytes that Hookgate answered."),
  floor("batched floor", "batched", "The same, but all requests of one turn of the event loop are answered together after it."),
];
