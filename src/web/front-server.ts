/** The server of everything, as Node has it, but for plain requests to endpoints of programs, which reach them without it (docs/adr/0033-plain-requests.md). */
import type { RequestListener } from "node:http";
import type { Socket } from "node:net";
import { Server } from "../lib/create-server.ts";
import { PlainConnection, type PlainConnectionOptions } from "./plain-connection.ts";
import type { RawEndpoints } from "./raw-endpoints.ts";

/** Where nothing arrives for this long, in milliseconds, the connection is given up: slow senders must not hold sockets for ever. */
const TIMEOUTS = { requestTimeout: 60_000, keepAliveTimeout: 65_000 };

export class FrontServer extends Server {
  readonly #plain = new Set<PlainConnection>();

  constructor(endpoints: RawEndpoints, framework: RequestListener) {
    super(TIMEOUTS);
    this.on("request", (raw, response) => {
      if (!endpoints.takeFromNode(raw, response, this.listening)) framework(raw, response);
    });
    const node = this.listeners("connection") as ((socket: Socket) => void)[];
    this.removeAllListeners("connection");
    const options: PlainConnectionOptions = {
      server: this,
      keepAlive: TIMEOUTS.keepAliveTimeout,
      take: (request, socket, replier) => endpoints.takePlain(request, socket, replier, this.listening),
      handOver: (socket) => {
        for (const listener of node) listener.call(this, socket);
      },
      onEnd: (connection) => this.#plain.delete(connection),
    };
    this.on("connection", (socket: Socket) => this.#plain.add(new PlainConnection(socket, options)));
  }

  override closeIdleConnections(): void {
    super.closeIdleConnections();
    for (const connection of this.#plain) if (connection.isIdle) connection.close();
  }

  override closeAllConnections(): void {
    super.closeAllConnections();
    for (const connection of this.#plain) connection.destroy();
  }
}
