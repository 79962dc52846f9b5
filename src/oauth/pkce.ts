/** Proof Key for Code Exchange (RFC 7636), method S256 only: `plain` protects nobody who can read the authorization request. */
import { digestOf, sameDigest } from "../lib/secret.ts";

export const CODE_CHALLENGE_METHODS = ["S256"] as const;

/** RFC 7636 section 4.2: the base64url of a SHA-256, 43 characters without padding. */
export function isCodeChallenge(text: string): boolean {
  return /^[A-Za-z0-9_-]{43}$/.test(text);
}

/** Whether the verifier has the form of RFC 7636 section 4.1 and its S256 transformation is the challenge, compared in constant time (section 4.6). */
export function verifiesChallenge(verifier: string, challenge: string): boolean {
  return /^[A-Za-z0-9\-._~]{43,128}$/.test(verifier) && sameDigest(digestOf(verifier), challenge);
}
