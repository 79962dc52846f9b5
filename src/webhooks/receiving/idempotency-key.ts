/**
 * The `Idempotency-Key` of a call (draft-ietf-httpapi-idempotency-key-header-07): a call that is sent again with its key takes effect
 * once, and gets its answer each time. Owns what a key looks like and what it holds for; the commit decides who was first (ADR 0022).
 */
import { DAY } from "../../lib/clock.ts";
import { digestOf } from "../../lib/secret.ts";
import type { IdempotencyClaim } from "../webhook-store.ts";

/** How long a key is remembered after the call that claimed it. */
const REMEMBERED = DAY;
/** In characters. */
const MAX_LENGTH = 255;

export type ParsedIdempotencyKey = { readonly kind: "absent" } | { readonly kind: "key"; readonly key: string } | { readonly kind: "malformed" };

/** The draft's form: a string of a structured field (RFC 8941 section 3.3.3). */
const QUOTED = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/;
/** What most clients send all the same: the key without quotes. No comma or semicolon, which would make it a list or give it parameters. */
const BARE = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+$/;

/** `values`: one for each header of the name, raw. The same key with and without quotes is one key. */
export function parseIdempotencyKey(values: readonly string[]): ParsedIdempotencyKey {
  const [value, ...more] = values;
  if (value === undefined) return { kind: "absent" };
  const key = BARE.test(value) ? value : QUOTED.exec(value)?.[1]!.replaceAll(/\\(.)/g, "$1");
  return more.length > 0 || !key || key.length > MAX_LENGTH ? { kind: "malformed" } : { kind: "key", key };
}

export const MALFORMED_IDEMPOTENCY_KEY = `Send one Idempotency-Key with 1 to ${MAX_LENGTH} characters of ASCII in double quotes, such as "8e03978e-40d5-43dd-bc93-6894a57f9324".`;

/** `principal`: who calls; two callers of one webhook never share a key. */
export function claimOf(key: string, principal: string, body: string, now: number): IdempotencyClaim {
  return { digest: digestOf(`${principal} ${key}`), bodyDigest: digestOf(body), expiresAt: now + REMEMBERED };
}
