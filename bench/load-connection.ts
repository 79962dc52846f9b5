/** One keep-alive connection that sends a request and reads its answer, as cheaply as Node can: no HTTP library, no pipelining. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";

export interface Answer {
  readonly status: number;
  /** The head as it came, without the empty line. */
  readonly head: string;
  readonly body: Buffer;
}

const END_OF_HEAD = "\r\n\r\n";
const LAST_CHUNK = "\r\n0\r\n\r\n";

export class LoadConnection {
  readonly #socket: Socket;
  #received: Buffer | null = null;
  /** Bytes that the answer is known to have; nothing is looked at before they are there. */
  #expected = 0;
  #onAnswer: ((answer: Answer) => void) | null = null;
  #onFailure: (error: Error) => void;

  private constructor(socket: Socket, onFailure: (error: Error) => void) {
    this.#socket = socket;
    this.#onFailure = onFailure;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("error", (error) => this.#onFailure(error));
    socket.on("close", () => this.#onFailure(new Error("The server closed the connection.")));
  }

  static async open(port: number, onFailure: (error: Error) => void): Promise<LoadConnection> {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    return new LoadConnection(socket, onFailure);
  }

  send(request: string, onAnswer: (answer: Answer) => void): void {
    // While the others had their turn nobody looked at this one.
    if (this.#socket.destroyed) return this.#onFailure(new Error("The server closed the connection while it was idle."));
    this.#onAnswer = onAnswer;
    this.#socket.write(request, "latin1");
  }

  close(): void {
    this.#onFailure = () => {};
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    const received = this.#received ? Buffer.concat([this.#received, chunk]) : chunk;
    const answer = received.length < this.#expected ? undefined : this.#read(received);
    if (!answer) {
      this.#received = received;
      return;
    }
    this.#received = null;
    this.#expected = 0;
    const onAnswer = this.#onAnswer;
    this.#onAnswer = null;
    if (onAnswer) onAnswer(answer);
    else this.#onFailure(new Error("The server sent what nobody had asked for."));
  }

  #read(received: Buffer): Answer | undefined {
    const endOfHead = received.indexOf(END_OF_HEAD);
    if (endOfHead === -1) return undefined;
    const head = received.toString("latin1", 0, endOfHead);
    const start = endOfHead + END_OF_HEAD.length;
    const status = Number(head.slice(9, 12));
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (length === undefined && /\r\ntransfer-encoding: *chunked/i.test(head)) {
      const isWhole = received.toString("latin1", start - 2).endsWith(LAST_CHUNK);
      return isWhole ? { status, head, body: received.subarray(start) } : undefined;
    }
    this.#expected = start + Number(length ?? 0);
    return received.length < this.#expected ? undefined : { status, head, body: received.subarray(start, this.#expected) };
  }
}

/** One request on a connection of its own. */
export async function askOnce(port: number, request: string): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const connection = await LoadConnection.open(port, reject);
  connection.send(request, resolve);
  try {
    return await promise;
  } finally {
    connection.close();
  }
}
