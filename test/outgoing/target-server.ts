/** A server on loopback that requests of ours go to, which does whatever a test wants. */
import { createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface RawTarget {
  readonly port: number;
  /** Everything that has arrived, connection by connection. */
  readonly received: readonly string[];
  readonly connections: () => number;
}

/** `onRequest` is called once for each connection, when the head of a request and its body are there. */
export async function rawTarget(onRequest: (socket: Socket) => void, { speaksFirst = false } = {}): Promise<RawTarget> {
  const received: string[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    const index = received.push("") - 1;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    if (speaksFirst) onRequest(socket);
    let answered = speaksFirst;
    socket.on("data", (chunk) => {
      received[index] += chunk.toString("latin1");
      if (answered || !isWhole(received[index]!)) return;
      answered = true;
      onRequest(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return { port: (server.address() as AddressInfo).port, received, connections: () => received.length };
}

function isWhole(text: string): boolean {
  const end = text.indexOf("\r\n\r\n");
  const length = Number(/^content-length: (\d+)/im.exec(text)?.[1] ?? 0);
  return end !== -1 && text.length >= end + 4 + length;
}
