/** The two forms in which callers sign: what they send, how it is read, and which bytes were signed. Pure. */
import { randomBytes } from "node:crypto";
import { newSecret } from "../../lib/secret.ts";
import { MINUTE, SECOND } from "../../lib/clock.ts";
import type { RequestHeaders } from "../../lib/request-headers.ts";

/** A call that claims to be signed. */
interface ClaimedSignature {
  readonly kind: "claimed";
  /** What was signed before the body. */
  readonly before: string;
  /** HMAC-SHA256 values; one right one is enough, so that a sender can change its secret. */
  readonly signatures: readonly Buffer[];
  /** The signed id of the call; null where the form has none. */
  readonly messageId: string | null;
}

interface Unsigned {
  readonly kind: "none" | "malformed" | "out-of-time";
  /** A sentence for the owner. */
  readonly reason: string;
}

export type ReadSignature = ClaimedSignature | Unsigned;

export interface SignatureForm {
  /** The header that carries the signature. */
  readonly header: string;
  newSecret(): string;
  /** The bytes that HMAC takes as its key. */
  keyOf(secret: string): Buffer;
  read(headers: RequestHeaders, now: number): ReadSignature;
}

/** How far a call's time may lie from ours, before or after, in milliseconds; what Standard Webhooks recommends. */
const TOLERANCE = 5 * MINUTE;

const STANDARD_PREFIX = "whsec_";
/** In characters. */
const MAX_MESSAGE_ID = 255;

/** Standard Webhooks 1.0: id, time and body are signed, so that a copied call is good for minutes only, and takes effect once. */
const standard: SignatureForm = {
  header: "webhook-signature",
  newSecret: () => STANDARD_PREFIX + randomBytes(32).toString("base64"),
  keyOf: (secret) => Buffer.from(secret.slice(STANDARD_PREFIX.length), "base64"),
  read(headers, now) {
    const found = readHeaders(headers, ["webhook-signature", "webhook-id", "webhook-timestamp"]);
    if (found.kind !== "found") return found;
    const [text = "", messageId = "", timestamp = ""] = found.values;
    // The id is ended by a full stop in what is signed: with one inside, the same signature would be right for another id and time.
    if (!/^[\x21-\x2d\x2f-\x7e]+$/.test(messageId) || messageId.length > MAX_MESSAGE_ID) {
      return malformed(`The header webhook-id is not 1 to ${MAX_MESSAGE_ID} characters of ASCII without spaces and full stops.`);
    }
    if (!/^[1-9]\d{0,11}$/.test(timestamp)) return malformed("The header webhook-timestamp is not a whole number of seconds since 1970.");
    const late = Math.floor(now / SECOND) - Number(timestamp);
    if (Math.abs(late) * SECOND > TOLERANCE) return outOfTime(late);
    // Senders may add signatures of other versions, which are none of our business.
    const versions = text.split(" ").filter((one) => one.startsWith("v1,"));
    const signatures = versions.flatMap((one) => /^v1,([A-Za-z0-9+/]{43}=)$/.exec(one)?.[1] ?? []).map((one) => Buffer.from(one, "base64"));
    if (signatures.length === 0) return malformed("The header webhook-signature holds no v1, followed by the base64 of an HMAC-SHA256.");
    return { kind: "claimed", before: `${messageId}.${timestamp}.`, signatures, messageId };
  },
};

/** The form of GitHub and others: only the body is signed. */
const hub: SignatureForm = {
  header: "x-hub-signature-256",
  newSecret: () => newSecret("hgx_"),
  keyOf: (secret) => Buffer.from(secret),
  read(headers) {
    const found = readHeaders(headers, ["x-hub-signature-256"]);
    if (found.kind !== "found") return found;
    const hex = /^sha256=([0-9a-f]{64})$/.exec(found.values[0] ?? "")?.[1];
    if (hex === undefined) return malformed("The header x-hub-signature-256 is not sha256= followed by 64 digits of lower-case hexadecimal.");
    return { kind: "claimed", before: "", signatures: [Buffer.from(hex, "hex")], messageId: null };
  },
};

export const SIGNATURE_FORMS: Readonly<Record<string, SignatureForm>> = { standard, hub };

interface FoundHeaders {
  readonly kind: "found";
  /** In the order of the names. */
  readonly values: readonly string[];
}

/** The one value of each header. The first names the signature: without it the call is not signed at all. */
function readHeaders(headers: RequestHeaders, names: readonly string[]): FoundHeaders | Unsigned {
  const values: string[] = [];
  for (const name of names) {
    const [value, ...more] = headers.all(name);
    if (more.length > 0) return malformed(`The call has more than one header ${name}.`);
    if (value === undefined) return values.length === 0 ? notSigned(name, headers) : malformed(`The call has no header ${name}.`);
    values.push(value);
  }
  return { kind: "found", values };
}

function notSigned(name: string, headers: RequestHeaders): Unsigned {
  const other = Object.values(SIGNATURE_FORMS).find(({ header }) => header !== name && headers.all(header).length > 0);
  if (other) {
    const reason = `The call is signed in the header ${other.header}, but this webhook asks for ${name}. Change the form of its signature, or that of the sender.`;
    return { kind: "none", reason };
  }
  if (headers.all("authorization").length > 0) {
    return { kind: "none", reason: `The call brought an Authorization header, but this webhook takes calls that are signed in the header ${name}.` };
  }
  return { kind: "none", reason: `The call has no header ${name}.` };
}

function outOfTime(late: number): Unsigned {
  const apart = `${Math.abs(late).toLocaleString("en")} seconds ${late > 0 ? "before" : "after"} it arrived`;
  return {
    kind: "out-of-time",
    reason: `The call was signed ${apart}; five minutes are allowed. Check the sender's clock, and that it signs anew each time that it sends.`,
  };
}

function malformed(reason: string): Unsigned {
  return { kind: "malformed", reason };
}
