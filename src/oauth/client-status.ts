import type { BrandDirectory } from "../brands/brand-directory.ts";
import type { UserDirectory } from "../identity/user-directory.ts";
import { whenKnown, type Soon } from "../lib/soon.ts";
import type { Client } from "./client.ts";

/** Why a client that exists can do nothing at present, as a sentence for its owner. */
export type ClientProblem = "The OAuth 2.0 server module is switched off for this brand." | "The user who registered the application is not active.";

/**
 * Whether a client may act now. A status and no revocation: looked at on every request, from memory, and reversible, so that the
 * same tokens work again once the module is switched on or the user is reactivated.
 */
export class ClientStatus {
  readonly #brands: BrandDirectory;
  readonly #users: UserDirectory;

  constructor(brands: BrandDirectory, users: UserDirectory) {
    this.#brands = brands;
    this.#users = users;
  }

  problemOf({ brandId, ownerId }: Client): Soon<ClientProblem | undefined> {
    return whenKnown(this.#brands.find(brandId), (brand) => {
      if (!brand?.modules.has("oauth2-server")) return "The OAuth 2.0 server module is switched off for this brand.";
      return whenKnown(this.#users.isActive(brandId, ownerId), (isActive) => (isActive ? undefined : "The user who registered the application is not active."));
    });
  }
}
