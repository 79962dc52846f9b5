import { latestWindowEnd, type AttemptStore, type CountedAttempts } from "../../lib/attempt-store.ts";
import type { SqlSession } from "./database.ts";

/** Rows of one insert statement: databases bound the number of its parameters. */
const ROWS_A_STATEMENT = 500;

export class SqlAttemptStore implements AttemptStore {
  readonly #session: SqlSession;

  constructor(session: SqlSession) {
    this.#session = session;
  }

  async countAttempt(subject: string, now: number, windowLength: number): Promise<CountedAttempts> {
    return (await this.countAttempts(new Map([[subject, 1]]), now, windowLength)).get(subject)!;
  }

  countAttempts(attempts: ReadonlyMap<string, number>, now: number, windowLength: number): Promise<ReadonlyMap<string, CountedAttempts>> {
    // One order for everybody, so that two processes that lock each other's rows wait and never deadlock.
    const rows = [...attempts]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([subject, count]) => ({ subject, attempts: count, window_ends_at: now + windowLength }));
    return this.#session.write(async ({ db }) => {
      const counted = new Map<string, CountedAttempts>();
      for (let from = 0; from < rows.length; from += ROWS_A_STATEMENT) {
        const returned = await db
          .insertInto("attempts")
          .values(rows.slice(from, from + ROWS_A_STATEMENT))
          .onConflict((conflict) =>
            conflict.column("subject").doUpdateSet((eb) => {
              const windowIsOpen = eb.and([eb("attempts.window_ends_at", ">", now), eb("attempts.window_ends_at", "<=", latestWindowEnd(now, windowLength))]);
              return {
                attempts: eb
                  .case()
                  .when(windowIsOpen)
                  .then(eb("attempts.attempts", "+", eb.ref("excluded.attempts")))
                  .else(eb.ref("excluded.attempts"))
                  .end(),
                window_ends_at: eb.case().when(windowIsOpen).then(eb.ref("attempts.window_ends_at")).else(eb.ref("excluded.window_ends_at")).end(),
              };
            }),
          )
          .returning(["subject", "attempts", "window_ends_at"])
          .execute();
        for (const row of returned) counted.set(row.subject, { attempts: row.attempts, windowEndsAt: row.window_ends_at });
      }
      return counted;
    });
  }

  async forgiveAttempt(subject: string): Promise<void> {
    await this.#session.write(({ db }) =>
      db
        .updateTable("attempts")
        .set((eb) => ({ attempts: eb("attempts", "-", 1) }))
        .where("subject", "=", subject)
        .where("attempts", ">", 0)
        .execute(),
    );
  }

  async clearAttempts(subject: string): Promise<void> {
    await this.#session.write(({ db }) => db.deleteFrom("attempts").where("subject", "=", subject).execute());
  }
}
