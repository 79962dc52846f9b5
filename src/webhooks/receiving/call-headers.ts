/** What the log keeps of the headers of a call: enough to see why it failed, and nothing that would let a reader of the log in, or tell where somebody is. */
import type { RequestHeaders } from "../../lib/request-headers.ts";

/** Characters that are kept of one value. */
export const MAX_VALUE_LENGTH = 200;
/** Headers, and characters of all together. */
const MAX_HEADERS = 40;
const MAX_LENGTH = 4_096;

/** What stands in the place of a value. */
export const REMOVED = "(removed)";

/** Names under which secrets travel, whoever thought of them, and addresses that may carry one. */
const SECRET = /auth|cookie|secret|token|pass|credential|session|sign|hmac|jwt|key|csrf|xsrf|referer|ur[il]$/;
/** Network addresses of people and machines: the log does without personal data that explains no failure. */
const NETWORK_ADDRESS = /forwarded|(?:^|-)ip(?:-|$)|-addr/;
const HARMLESS = new Set(["idempotency-key"]);
/** A credential under a name that says nothing. */
const CREDENTIAL = /^(?:basic|bearer|dpop|token) |\bhg[a-z]_/i;
/** Shown of a credential, where it is one that everybody knows: any other word may be the secret itself. */
const SCHEME = /^(?:basic|bearer|digest|dpop|hawk|negotiate|ntlm|oauth|token|apikey|aws4-hmac-sha256) /i;

/** One header a line, `name: value`, in their order; names in lower case. */
export function keptHeaders({ raw }: RequestHeaders): string {
  let kept = "";
  const end = Math.min(raw.length, 2 * MAX_HEADERS);
  for (let at = 0; at < end && kept.length < MAX_LENGTH; at += 2) {
    const name = raw[at]!.toLowerCase();
    kept += `${at === 0 ? "" : "\n"}${name.slice(0, MAX_VALUE_LENGTH)}: ${keptValue(name, raw[at + 1]!)}`;
  }
  return kept;
}

function keptValue(name: string, value: string): string {
  const isSecret = (SECRET.test(name) && !HARMLESS.has(name)) || CREDENTIAL.test(value);
  if (isSecret) return (SCHEME.exec(value)?.[0] ?? "") + REMOVED;
  if (NETWORK_ADDRESS.test(name)) return REMOVED;
  return value.length > MAX_VALUE_LENGTH ? `${value.slice(0, MAX_VALUE_LENGTH)}…` : value;
}
