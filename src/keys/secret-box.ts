import { createSecretKey, hkdfSync, type KeyObject } from "node:crypto";
import { decrypt, encrypt } from "./sealing.ts";

/**
 * Seals secrets that are needed again as they are, for which no digest would do. Under HOOKGATE_SECRET itself and not the key
 * ring: they belong to people, and neither rotating nor revoking a key of ours may end them.
 */
export class SecretBox {
  readonly #key: KeyObject;

  constructor(secret: string) {
    this.#key = createSecretKey(Buffer.from(hkdfSync("sha256", secret, "", "hookgate/secret-box", 32)));
  }

  /** `owner`: the id of the row that it is stored in; it opens for the same row only, so that nobody who can write rows can swap them. */
  seal(secret: string, owner: string): string {
    return encrypt(this.#key, Buffer.from(secret), Buffer.from(owner)).toString("base64url");
  }

  /** Throws when it was sealed elsewhere, or for another row. */
  open(sealed: string, owner: string): string {
    const opened = decrypt(this.#key, Buffer.from(sealed, "base64url"), Buffer.from(owner));
    if (!opened) throw new Error(`The secret of ${owner} cannot be opened: its row was changed, or HOOKGATE_SECRET is not the one that it was stored with.`);
    return opened.toString();
  }
}
