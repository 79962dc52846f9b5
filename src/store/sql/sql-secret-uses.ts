import type { SecretUse } from "../../lib/secret-uses.ts";
import type { SqlSession } from "./database.ts";
import { preparedQuery } from "./prepared-query.ts";

type Use = { readonly secretId: string; readonly usedAt: number };

/** Keeps the latest moment of use of each row of a table of secrets. Nothing cached depends on it, so no topic is raised. */
export class SqlSecretUses {
  readonly #session: SqlSession;
  readonly #note;

  constructor(session: SqlSession, table: "client_secrets" | "webhook_credentials" | "integration_tokens") {
    this.#session = session;
    this.#note = preparedQuery((db, { secretId, usedAt }: Use) =>
      db
        .updateTable(table)
        .set({ last_used_at: usedAt })
        .where("id", "=", secretId)
        .where((eb) => eb.or([eb("last_used_at", "is", null), eb("last_used_at", "<", usedAt)])),
    );
  }

  record(uses: readonly SecretUse[]): Promise<void> {
    // In key order: two nodes that note the same secrets must not wait for each other.
    const ordered = uses.toSorted((a, b) => (a.secretId < b.secretId ? -1 : 1));
    return this.#session.write(async ({ db }) => {
      for (const { secretId, usedAt } of ordered) await this.#note(db, { secretId, usedAt });
    });
  }
}
