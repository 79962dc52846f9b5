import type { OAuthErrorCode } from "./oauth-error.ts";

interface Refused {
  /** UUIDv7: ids sort by time of refusal. */
  readonly id: string;
  readonly refusedAt: number;
  /** The value that the answer or the page carried. */
  readonly reference: string;
  readonly error: OAuthErrorCode;
  /** Why exactly. Holds no secret and nothing that the request said. */
  readonly reason: string;
}

/** A token or authorization request that was refused, as the application's owner sees it. */
export interface RefusedRequest extends Refused {
  readonly brandId: string;
  readonly clientId: string;
  /** Where it is about a redirect URI that is not registered: the one that was sent, as `shownRedirectUri` leaves it. */
  readonly sentRedirectUri: string | null;
}

/** An OAuth request that named no client which there is, as the operator sees it. */
export interface RefusedStranger extends Refused {
  /** The endpoint. */
  readonly path: string;
  /** What it named, when that has the form of a client id. */
  readonly clientId: string | null;
  /** Network address that it came from; null for browsers. */
  readonly address: string | null;
}

/** How many refused requests are kept for each application, and of strangers all together: anybody can cause them. */
export const REFUSED_REQUESTS_KEPT = 1_000;

/** In characters. */
const MAX_SHOWN = 300;

/** A redirect URI that a stranger may have made up, fit to be kept: short, and without the values of its query, which may be secrets. */
export function shownRedirectUri(sent: string): string {
  const [address = "", ...query] = sent.toWellFormed().split(/(?=[?#])/);
  const shown = address.replace(/\/\/[^/@]*@/, "//…@") + query.join("").replaceAll(/=[^&#]*/g, "=…");
  return shown.length > MAX_SHOWN ? `${shown.slice(0, MAX_SHOWN)}…` : shown;
}
