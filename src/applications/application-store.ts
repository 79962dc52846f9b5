import type { Page, PageRequest } from "../lib/page.ts";
import type { Application, ApplicationSecret } from "./application.ts";

/** A row of the overview. */
export interface ApplicationWithOwner extends Application {
  readonly ownerName: string;
}

export interface ApplicationStore {
  /** Inserts the application, its first secret (none for a public client) and the activation of the module, in one transaction. */
  insertApplication(application: Application, secret: { readonly id: string; readonly digest: string } | null): Promise<void>;
  findApplication(brandId: string, clientId: string): Promise<ApplicationWithOwner | undefined>;
  /** Newest first; with `ownerId` only that user's. */
  listApplications(brandId: string, ownerId: string | null, page: PageRequest): Promise<Page<ApplicationWithOwner>>;
  /** Changes name, description, scopes and redirect URIs. False when it is gone. */
  updateApplication(
    brandId: string,
    clientId: string,
    change: Pick<Application, "name" | "description" | "scopes" | "redirectUris" | "updatedAt">,
  ): Promise<boolean>;
  /**
   * Deletes the application with its secrets, codes and consents, and revokes its tokens (an entry that lives until `revokedUntil`), in one transaction.
   * Its calls keep its name. False when it is gone already.
   */
  deleteApplication(brandId: string, clientId: string, revokedUntil: number): Promise<boolean>;
  /** Newest first, expired ones too. */
  listSecrets(brandId: string, clientId: string): Promise<readonly ApplicationSecret[]>;
  /**
   * Adds a secret and drops those that have expired when it is made, in one transaction. Of many at once, only as many are
   * added as leave `most` live ones.
   */
  insertSecret(
    brandId: string,
    clientId: string,
    secret: Omit<ApplicationSecret, "lastUsedAt"> & { readonly digest: string },
    most: number,
  ): Promise<"added" | "too-many" | "no-application">;
  /** From then on it proves nothing. False when it is gone. */
  deleteSecret(brandId: string, clientId: string, secretId: string): Promise<boolean>;
}
