/**
 * The floors: the least that a Node server can do for the same bytes. It reads the request to its end and answers with what the
 * environment holds. `plain` answers each request by itself, `batched` all of one turn of the event loop together after it.
 */
import { createServer, type ServerResponse } from "node:http";

const status = Number(process.env["FLOOR_STATUS"]);
const headers = JSON.parse(process.env["FLOOR_HEADERS"] ?? "") as Record<string, string>;
const body = process.env["FLOOR_BODY"] ?? "";
const answersTogether = process.env["FLOOR_KIND"] === "batched";

let waiting: ServerResponse[] = [];

function answer(response: ServerResponse): void {
  response.writeHead(status, headers).end(body);
}

function answerAll(): void {
  const responses = waiting;
  waiting = [];
  for (const response of responses) answer(response);
}

/** In milliseconds: connections wait while others have their turn. */
const KEEP_ALIVE = 600_000;

const server = createServer({ keepAliveTimeout: KEEP_ALIVE }, (request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    if (!answersTogether) return answer(response);
    if (waiting.push(response) === 1) setImmediate(answerAll);
  });
});
server.listen(Number(process.env["PORT"]), "127.0.0.1");
