import type { Changes } from "../lib/changes.ts";
import type { Clock } from "../lib/clock.ts";
import { newRandomId } from "../lib/id.ts";
import { digestOf, newSecret } from "../lib/secret.ts";
import { TopicCache } from "../lib/topic-cache.ts";
import { INTEGRATION_TOKEN_PREFIX, MAX_INTEGRATION_TOKENS, type IntegrationToken, type IntegrationTokenVerifier } from "./integration-token.ts";
import type { IntegrationTokenStore } from "./integration-token-store.ts";
import { nameProblem } from "./user-fields.ts";

export type IssuedIntegrationToken =
  /** `secret` is in no other place from now on. */
  | { readonly kind: "issued"; readonly secret: string }
  | { readonly kind: "invalid"; readonly errors: { readonly name: string } }
  /** `too-many`: the user has MAX_INTEGRATION_TOKENS. */
  | { readonly kind: "too-many" | "no-user" };

/** Making, listing and revoking integration tokens, and finding one from memory while none has changed. Only admins may do what this does for others to ask. */
export class IntegrationTokens {
  readonly #store: IntegrationTokenStore;
  readonly #clock: Clock;
  /** By brand, then by digest: a guess costs a look into memory. */
  readonly #verifiers: TopicCache<ReadonlyMap<string, IntegrationTokenVerifier>>;

  constructor({ store, changes, clock }: { readonly store: IntegrationTokenStore; readonly changes: Changes; readonly clock: Clock }) {
    this.#store = store;
    this.#clock = clock;
    this.#verifiers = new TopicCache(
      changes,
      ["users"],
      async (brandId) => new Map((await store.listVerifiers(brandId)).map((token) => [token.digest, token])),
    );
  }

  async issue(brandId: string, userId: string, typedName: string): Promise<IssuedIntegrationToken> {
    const name = typedName.trim().normalize("NFC");
    const problem = nameProblem(name);
    if (problem !== undefined) return { kind: "invalid", errors: { name: problem } };
    const secret = newSecret(INTEGRATION_TOKEN_PREFIX);
    const token = { id: newRandomId(), brandId, userId, name, createdAt: this.#clock.now() };
    const inserted = await this.#store.insertIntegrationToken(token, digestOf(secret), MAX_INTEGRATION_TOKENS);
    return inserted === "added" ? { kind: "issued", secret } : { kind: inserted };
  }

  /** Newest first. */
  list(brandId: string, userId: string): Promise<readonly IntegrationToken[]> {
    return this.#store.listIntegrationTokens(brandId, userId);
  }

  /** Ends it at once. False when there is none. */
  revoke(brandId: string, userId: string, tokenId: string): Promise<boolean> {
    return this.#store.deleteIntegrationToken(brandId, userId, tokenId);
  }

  /** The brand's token with this digest, whatever its user is. Comparing digests of 256 random bits tells nobody anything about the bits. */
  async find(brandId: string, digest: string): Promise<IntegrationTokenVerifier | undefined> {
    return (await this.#verifiers.find(brandId))?.get(digest);
  }
}
