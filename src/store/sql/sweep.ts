import type { SqlSession, SqlTransaction } from "./database.ts";

/** Rows that one sweep deletes at most, over all tables: few enough that calls, which wait for it, do not notice. */
const BATCH = 500;

/** Every row that expires carries its own expiry; a deleted row was dead already, so no topic is raised. */
const SWEEPS: readonly ((db: SqlTransaction["db"], now: number, limit: number) => Promise<bigint>)[] = [
  (db, now, limit) =>
    deleted(db.deleteFrom("sessions").where("digest", "in", db.selectFrom("sessions").select("digest").where("expires_at", "<=", now).limit(limit))),
  (db, now, limit) =>
    deleted(db.deleteFrom("invitations").where("digest", "in", db.selectFrom("invitations").select("digest").where("expires_at", "<=", now).limit(limit))),
  (db, now, limit) =>
    deleted(db.deleteFrom("set_up_links").where("digest", "in", db.selectFrom("set_up_links").select("digest").where("expires_at", "<=", now).limit(limit))),
  (db, now, limit) =>
    deleted(
      db
        .deleteFrom("authorization_codes")
        .where("digest", "in", db.selectFrom("authorization_codes").select("digest").where("keep_until", "<=", now).limit(limit)),
    ),
  (db, now, limit) =>
    deleted(
      db
        .deleteFrom("refresh_families")
        .where("family_id", "in", db.selectFrom("refresh_families").select("family_id").where("expires_at", "<=", now).limit(limit)),
    ),
  (db, now, limit) =>
    deleted(
      db
        .deleteFrom("revocations")
        .where((eb) =>
          eb(
            eb.refTuple("kind", "id"),
            "in",
            db.selectFrom("revocations").select(["kind", "id"]).where("expires_at", "<=", now).limit(limit).$asTuple("kind", "id"),
          ),
        ),
    ),
  (db, now, limit) =>
    deleted(
      db
        .deleteFrom("sign_in_attempts")
        .where("subject", "in", db.selectFrom("sign_in_attempts").select("subject").where("window_ends_at", "<=", now).limit(limit)),
    ),
  (db, now, limit) =>
    deleted(
      db
        .deleteFrom("call_days")
        .where((eb) =>
          eb(
            eb.refTuple("brand_id", "day"),
            "in",
            db.selectFrom("call_days").select(["brand_id", "day"]).where("expires_at", "<=", now).limit(limit).$asTuple("brand_id", "day"),
          ),
        ),
    ),
];

export function sweep(session: SqlSession, now: number): Promise<number> {
  return session.write(async ({ db }) => {
    let left = BATCH;
    for (const run of SWEEPS) {
      if (left > 0) left -= Number(await run(db, now, left));
    }
    return BATCH - left;
  });
}

async function deleted(query: { executeTakeFirstOrThrow(): Promise<{ numDeletedRows: bigint }> }): Promise<bigint> {
  return (await query.executeTakeFirstOrThrow()).numDeletedRows;
}
