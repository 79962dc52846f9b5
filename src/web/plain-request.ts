/**
 * Requests that can be read in one way only. What programs send is nearly always spelled alike, and of that the framing is beyond doubt: one POST, one
 * `Host`, one `Content-Length` in plain digits, no other word on where the message ends, visible ASCII, and in the same bytes the whole body and nothing behind it. Such a request is read
 * here, at a fraction of what Node's server spends on it. Everything else is left to Node, not refused: this file knows what it knows, and
 * takes nothing that it would have to interpret (RFC 9112 sections 2, 5, 6 and 11.2).
 */
import { RequestHeaders } from "../lib/request-headers.ts";

/** What stands before the body. */
export interface PlainHead {
  /** All of it, a character for each byte. */
  readonly text: string;
  /** As it was sent: an absolute path of letters, digits, `-`, `_` and `/`. */
  readonly url: string;
  readonly headers: RequestHeaders;
  /** Of the body, in bytes. */
  readonly length: number;
}

export interface PlainRequest {
  readonly head: PlainHead;
  readonly body: Buffer;
}

/** Longest head, in bytes: a quarter of what Node takes. */
const MAX_HEAD = 4_096;

const END_OF_HEAD = Buffer.from("\r\n\r\n");

/** A head from the first byte to the empty line. No part of it can match in two ways, so the time that it takes grows with the length and no faster. */
const HEAD = /^POST (\/[\w/-]+) HTTP\/1\.1\r\n((?:[A-Za-z0-9-]+: [!-~](?:[ -~]*[!-~])?\r\n)+)\r\n$/;

/** Headers that say how a message or its connection is to be read, in lower case. */
const FRAMING: ReadonlySet<string> = new Set(["connection", "expect", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"]);
const KEEP_ALIVE = /^keep-alive$/i;
const LENGTH = /^(?:0|[1-9]\d{0,5})$/;

/** Undefined: leave it to Node. `bytes`: all that came. `last`: the head of the request before on the connection; most often it comes again, byte for byte. */
export function readPlainRequest(bytes: Buffer, last: PlainHead | undefined): PlainRequest | undefined {
  const head = last && bytes.toString("latin1", 0, last.text.length) === last.text ? last : readHead(bytes);
  return head && head.text.length + head.length === bytes.length ? { head, body: bytes.subarray(head.text.length) } : undefined;
}

function readHead(bytes: Buffer): PlainHead | undefined {
  const end = bytes.indexOf(END_OF_HEAD) + END_OF_HEAD.length;
  if (end < END_OF_HEAD.length || end > MAX_HEAD) return undefined;
  const text = bytes.toString("latin1", 0, end);
  const match = HEAD.exec(text);
  if (!match) return undefined;
  const [, url, lines] = match as unknown as readonly [string, string, string];
  const raw: string[] = [];
  let hosts = 0;
  let length: string | undefined;
  for (let start = 0; start < lines.length;) {
    const colon = lines.indexOf(":", start);
    const end = lines.indexOf("\r", colon);
    const name = lines.slice(start, colon);
    const value = lines.slice(colon + 2, end);
    const lower = name.toLowerCase();
    if (lower === "host") hosts += 1;
    else if (lower === "content-length") {
      if (length !== undefined) return undefined;
      length = value;
    } else if (FRAMING.has(lower) && !(lower === "connection" && KEEP_ALIVE.test(value))) return undefined;
    raw.push(name, value);
    start = end + 2;
  }
  if (hosts !== 1 || length === undefined || !LENGTH.test(length)) return undefined;
  return { text, url, headers: new RequestHeaders(raw), length: Number(length) };
}
