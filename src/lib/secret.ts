import { hash, randomBytes, timingSafeEqual } from "node:crypto";

/**
 * A fresh secret: the prefix and 256 random bits as base64url, so only `[A-Za-z0-9_-]`. Half of the OAuth clients in the field
 * form-encode Basic credentials and half do not (RFC 6749 section 2.3.1): with these characters the question never arises.
 */
export function newSecret(prefix: string): string {
  return prefix + randomBytes(32).toString("base64url");
}

/**
 * What is stored in place of a secret, code or session id: its SHA-256 as base64url. A fast hash is right here, because the
 * secret is 256 random bits of our own making; a slow one would let strangers spend our CPU (people's passwords use argon2id).
 */
export function digestOf(secret: string): string {
  return hash("sha256", secret, "base64url");
}

/** Compares two digests of `digestOf` in constant time. */
export function sameDigest(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
