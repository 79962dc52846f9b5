import type { OAuthErrorCode } from "./oauth-error.ts";

/** A token or authorization request that was refused, as the application's owner sees it. */
export interface RefusedRequest {
  /** UUIDv7: ids sort by time of refusal. */
  readonly id: string;
  readonly brandId: string;
  readonly clientId: string;
  readonly refusedAt: number;
  /** The value that the answer or the page carried. */
  readonly reference: string;
  readonly error: OAuthErrorCode;
  /** Why exactly. Holds no secret and nothing that the request said. */
  readonly reason: string;
}

/** How many refused requests are kept for each application: anybody can cause them who knows its client id. */
export const REFUSED_REQUESTS_KEPT = 1_000;
