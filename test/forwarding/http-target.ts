/** A target on loopback that answers as a test wants, and remembers in what order it was asked. */
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Received {
  /** The message's id. */
  readonly id: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly path: string;
}

export type Answer = (received: Received, response: ServerResponse) => void | Promise<void>;

export class HttpTarget {
  readonly received: Received[] = [];
  /** Requests that are not answered yet, and the most that there were at once. */
  underWay = 0;
  most = 0;
  answer: Answer = (_received, response) => void response.writeHead(204).end();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      this.underWay += 1;
      this.most = Math.max(this.most, this.underWay);
      response.on("close", () => (this.underWay -= 1));
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("error", () => {});
      request.on("end", () => {
        const { headers, url: path = "" } = request;
        const received = { id: String(headers["webhook-id"]), headers, body: Buffer.concat(chunks).toString(), path };
        this.received.push(received);
        void this.answer(received, response);
      });
    });
  }

  static async open(port = 0): Promise<HttpTarget> {
    const target = new HttpTarget();
    await new Promise<void>((resolve) => target.#server.listen(port, "127.0.0.1", resolve));
    return target;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/in`;
  }

  get bodies(): readonly string[] {
    return this.received.map(({ body }) => body);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Answers with this status, always or as long as the test lets it. */
export const withStatus =
  (status: number, headers: Readonly<Record<string, string>> = {}): Answer =>
  (_received, response) =>
    void response.writeHead(status, headers).end();
