import type { SetUpStore } from "../../identity/identity-store.ts";
import type { User } from "../../identity/user.ts";
import type { SqlSession } from "./database.ts";
import { fromUser } from "./user-row.ts";

export class SqlSetUpStore implements SetUpStore {
  readonly #session: SqlSession;

  constructor(session: SqlSession) {
    this.#session = session;
  }

  async insertSetUpLink(digest: string, expiresAt: number): Promise<void> {
    await this.#session.write(({ db }) => db.insertInto("set_up_links").values({ digest, expires_at: expiresAt }).execute());
  }

  async isSetUpLinkOpen(digest: string, now: number): Promise<boolean> {
    const row = await this.#session.reader
      .selectFrom("set_up_links")
      .select("digest")
      .where("digest", "=", digest)
      .where("expires_at", ">", now)
      .executeTakeFirst();
    return row !== undefined;
  }

  async redeemSetUpLink(digest: string, admin: User, passwordHash: string, now: number): Promise<"made" | "link-not-open" | "email-taken"> {
    // A stranger's guess ends here, before a transaction.
    if (!(await this.isSetUpLinkOpen(digest, now))) return "link-not-open";
    return this.#session.write(async ({ db, raise }) => {
      // Raised first: whoever else makes an admin at this moment is through before the condition below is looked at, on any database.
      await raise("users");
      const user = fromUser(admin, passwordHash);
      const columns = Object.keys(user) as (keyof typeof user)[];
      const { numInsertedOrUpdatedRows } = await db
        .insertInto("users")
        .columns(columns)
        .expression((eb) =>
          eb
            .selectFrom("set_up_links")
            .select(columns.map((column) => eb.val(user[column]).as(column)))
            .where("digest", "=", digest)
            .where("expires_at", ">", now)
            .where((eb) => eb.not(eb.exists(eb.selectFrom("users").select("id").where("role", "=", "admin").where("status", "=", "active")))),
        )
        .onConflict((conflict) => conflict.column("email").doNothing())
        .executeTakeFirstOrThrow();
      if (numInsertedOrUpdatedRows) {
        await db.deleteFrom("set_up_links").execute();
        return "made";
      }
      const open = await db.selectFrom("set_up_links").select("digest").where("digest", "=", digest).where("expires_at", ">", now).executeTakeFirst();
      const taken = await db.selectFrom("users").select("id").where("email", "=", admin.email).executeTakeFirst();
      return open && taken ? "email-taken" : "link-not-open";
    });
  }
}
