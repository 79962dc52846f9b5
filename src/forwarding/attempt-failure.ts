import type { OutgoingFailure, OutgoingOutcome } from "../outgoing/outgoing-client.ts";
import { MAX_ATTEMPTS, MAX_REFUSED_ATTEMPTS } from "./backoff.ts";

/** Why a message was not delivered. */
export interface AttemptFailure {
  /** A sentence for the owner that says what to change. Holds nothing that the target has sent but its status. */
  readonly failure: string;
  /** Whether the target as a whole does not work, so that other messages need not try. */
  readonly isOfTarget: boolean;
  /** With this many failed attempts the message is dead. */
  readonly maxAttempts: number;
}

const FAILURES: Readonly<Record<Exclude<OutgoingFailure, "aborted">, string>> = {
  "unusable-url": "Its URL is not one that calls can be sent to. Change the URL.",
  "plain-http": "Its URL begins with http://, which is only for addresses that the operator has named. Change it to https://.",
  "unknown-host": "Its host name leads nowhere. Check the URL.",
  "inner-address": "Its host name leads to an address inside a network, where nothing is sent unless the operator allows it.",
  "no-connection": "It could not be connected to. Check that it runs and that its firewall lets the connection through.",
  "no-tls": "No secure connection could be made: its certificate has expired, is not for this host name or comes from nobody known, or it speaks no TLS there.",
  "not-in-time": "It did not answer within 15 seconds, or could not be connected to within 5. It should answer first and work afterwards.",
  "broken-off": "It ended the connection before it had answered.",
  "not-http": "What it answered is not HTTP, or its headers are longer than 16 KB.",
};

/** The target has read the message and does not want it as it is (RFC 9110 section 15.5). */
const REFUSED: ReadonlySet<number> = new Set([400, 413, 415, 422]);
/** The target speaks for itself and not of the message. */
const OF_TARGET: ReadonlySet<number> = new Set([401, 403, 404, 405, 407, 408, 410, 421, 425, 429]);

/** Null: delivered. Any answer of 2xx counts. */
export function failureOf(outcome: OutgoingOutcome): AttemptFailure | null {
  if (outcome.kind === "failed") {
    const failure = outcome.why === "aborted" ? "This server ended before it had answered." : FAILURES[outcome.why];
    return { failure, isOfTarget: true, maxAttempts: MAX_ATTEMPTS };
  }
  const { status } = outcome;
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400) {
    const failure = `It answered ${status}: a redirect, which is not followed. Change the URL to where it leads.`;
    return { failure, isOfTarget: true, maxAttempts: MAX_ATTEMPTS };
  }
  if (REFUSED.has(status))
    return { failure: `It answered ${status}: it does not take this message as it is.`, isOfTarget: false, maxAttempts: MAX_REFUSED_ATTEMPTS };
  return { failure: `It answered ${status}.`, isOfTarget: status >= 500 || OF_TARGET.has(status), maxAttempts: MAX_ATTEMPTS };
}
