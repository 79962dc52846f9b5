import { request } from "node:http";

export type Header = readonly [name: string, value: string];

export interface RawAnswer {
  readonly status: number;
  readonly challenge: string | undefined;
  readonly text: string;
}

/** Posts JSON with exactly these headers, doubled ones too, which `fetch` would join. */
export function sendRaw(url: string, headers: readonly Header[], body: string | Buffer): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const { port, pathname, search } = new URL(url);
    const all: readonly Header[] = [
      ["Host", "hookgate"],
      ["Content-Type", "application/json"],
      ["Content-Length", String(Buffer.byteLength(body))],
      ...headers,
    ];
    const sent = request({ host: "127.0.0.1", port, path: pathname + search, method: "POST", headers: all.flat() }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk)).on("error", reject);
      answer.on("end", () => resolve({ status: answer.statusCode!, challenge: answer.headers["www-authenticate"], text: Buffer.concat(chunks).toString() }));
    });
    sent.on("error", reject).end(body);
  });
}
