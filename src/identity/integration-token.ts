/** Integration tokens: made on a user, each good for every webhook of the brand that asks for a token, for as long as the user is active. */

export interface IntegrationToken {
  readonly id: string;
  readonly brandId: string;
  readonly userId: string;
  /** What it is for, in the words of whoever made it. */
  readonly name: string;
  readonly createdAt: number;
  /** To the minute; null: never used. */
  readonly lastUsedAt: number | null;
}

/** What calls are checked against. */
export interface IntegrationTokenVerifier extends Pick<IntegrationToken, "id" | "userId" | "name"> {
  readonly digest: string;
}

export const INTEGRATION_TOKEN_PREFIX = "hgi_";
/** On one user. */
export const MAX_INTEGRATION_TOKENS = 50;
