import type { Lease, LeaseStore } from "../../jobs/lease-store.ts";
import type { SqlSession } from "./database.ts";

/** Further ahead, in milliseconds, nobody takes a lease: the clock was set back since, and the holder may be long gone. */
const LATEST_LEASE = 600_000;

export class SqlLeaseStore implements LeaseStore {
  readonly #session: SqlSession;

  constructor(session: SqlSession) {
    this.#session = session;
  }

  takeLease({ name, holder, until }: Lease, now: number): Promise<boolean> {
    return this.#session.write(async ({ db }) => {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto("leases")
        .values({ name, holder, held_until: until })
        .onConflict((conflict) =>
          conflict
            .column("name")
            .doUpdateSet({ holder, held_until: until })
            .where((eb) => eb.or([eb("leases.holder", "=", holder), eb("leases.held_until", "<=", now), eb("leases.held_until", ">", now + LATEST_LEASE)])),
        )
        .executeTakeFirstOrThrow();
      return numInsertedOrUpdatedRows === 1n;
    });
  }

  async endLease({ name, holder }: Pick<Lease, "name" | "holder">): Promise<void> {
    await this.#session.write(({ db }) => db.deleteFrom("leases").where("name", "=", name).where("holder", "=", holder).execute());
  }
}
