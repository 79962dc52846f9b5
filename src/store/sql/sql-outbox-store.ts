import { sql } from "kysely";
import type { OutboxStore, RecordedAttempt } from "../../forwarding/forwarding-store.ts";
import { MAX_COUNTED, type ForwardingTarget, type MessageCounts, type OutboxMessage } from "../../forwarding/target.ts";
import type { SqlSession, SqlTransaction } from "./database.ts";
import { toMessage, toTarget } from "./sql-target-store.ts";

export class SqlOutboxStore implements OutboxStore {
  readonly #session: SqlSession;

  constructor(session: SqlSession) {
    this.#session = session;
  }

  /** From one target's first message to the next one's: a target costs one look-up, however many messages wait for it. */
  async listTargetsWithMessages(afterId: string, limit: number): Promise<readonly string[]> {
    const { rows } = await sql<{ target_id: string }>`
      with recursive waiting (target_id) as (
        select min(target_id) from outbox_messages where target_id > ${afterId}
        union all
        select (select min(m.target_id) from outbox_messages as m where m.target_id > waiting.target_id) from waiting where waiting.target_id is not null
      )
      select target_id from waiting where target_id is not null limit ${limit}`.execute(this.#session.reader);
    return rows.map(({ target_id }) => target_id);
  }

  async listTargets(targetIds: readonly string[]): Promise<readonly ForwardingTarget[]> {
    if (targetIds.length === 0) return [];
    const rows = await this.#session.reader.selectFrom("forwarding_targets").selectAll().where("id", "in", targetIds).execute();
    return rows.map(toTarget);
  }

  async listMessages(targetId: string, afterPosition: number, limit: number): Promise<readonly OutboxMessage[]> {
    const rows = await this.#session.reader
      .selectFrom("outbox_messages")
      .selectAll()
      .where("target_id", "=", targetId)
      .where("position", ">", afterPosition)
      .orderBy("position")
      .limit(limit)
      .execute();
    return rows.map(toMessage);
  }

  async findNextMessage(targetId: string, orderKey: string, afterPosition: number, throughPosition: number): Promise<OutboxMessage | undefined> {
    const row = await this.#session.reader
      .selectFrom("outbox_messages")
      .selectAll()
      .where("target_id", "=", targetId)
      .where("order_key", "=", orderKey)
      // In the words of the partial index, so that it is seen to apply.
      .where("order_key", "<>", sql.lit(""))
      .where("position", ">", afterPosition)
      .where("position", "<=", throughPosition)
      .orderBy("position")
      .limit(1)
      .executeTakeFirst();
    return row && toMessage(row);
  }

  async findCallBody(brandId: string, callId: string): Promise<string | null> {
    const row = await this.#session.reader.selectFrom("calls").select("body").where("brand_id", "=", brandId).where("id", "=", callId).executeTakeFirst();
    return row?.body ?? null;
  }

  async recordAttempts(attempts: readonly RecordedAttempt[]): Promise<void> {
    await this.#session.write(async ({ db }) => {
      // One order for everybody, and messages before targets, so that no two transactions wait for each other.
      const byTarget = new Map<string, RecordedAttempt[]>();
      for (const attempt of attempts.toSorted(byPlace)) {
        const known = byTarget.get(attempt.message.targetId);
        if (known) known.push(attempt);
        else byTarget.set(attempt.message.targetId, [attempt]);
      }
      for (const [targetId, ofTarget] of byTarget) await recordMessages(db, targetId, ofTarget);
      for (const [targetId, ofTarget] of byTarget) await recordHealth(db, targetId, ofTarget);
    });
  }

  async deleteMessagesWithoutTarget(targetId: string, limit: number): Promise<number> {
    const { numDeletedRows } = await this.#session.write(({ db }) =>
      db
        .deleteFrom("outbox_messages")
        .where("target_id", "=", targetId)
        .where("position", "in", (eb) => eb.selectFrom("outbox_messages").select("position").where("target_id", "=", targetId).orderBy("position").limit(limit))
        .where((eb) => eb.not(eb.exists(eb.selectFrom("forwarding_targets").select("id").where("id", "=", targetId))))
        .executeTakeFirstOrThrow(),
    );
    return Number(numDeletedRows);
  }

  async countAllMessages(): Promise<MessageCounts> {
    const count = async (table: "outbox_messages" | "dead_messages") => {
      const some = this.#session.reader.selectFrom(table).select("position").limit(MAX_COUNTED);
      const { count } = await this.#session.reader
        .selectFrom(some.as("some"))
        .select((eb) => eb.fn.countAll<number>().as("count"))
        .executeTakeFirstOrThrow();
      return count;
    };
    return { waiting: await count("outbox_messages"), dead: await count("dead_messages") };
  }
}

function byPlace({ message: a }: RecordedAttempt, { message: b }: RecordedAttempt): number {
  return a.targetId === b.targetId ? a.position - b.position : a.targetId < b.targetId ? -1 : 1;
}

async function recordMessages(db: SqlTransaction["db"], targetId: string, attempts: readonly RecordedAttempt[]): Promise<void> {
  const gone: number[] = [];
  for (const { message, at, outcome } of attempts) {
    if (outcome.kind === "failed") {
      await db
        .updateTable("outbox_messages")
        .set({ attempts: outcome.attempts, due_at: outcome.dueAt })
        .where("target_id", "=", targetId)
        .where("position", "=", message.position)
        .execute();
      continue;
    }
    gone.push(message.position);
    if (outcome.kind === "delivered") continue;
    const { failure, attempts: tried, expiresAt } = outcome;
    await db
      .insertInto("dead_messages")
      .columns(["target_id", "position", "brand_id", "call_id", "order_key", "attempts", "failure", "died_at", "expires_at"])
      .expression((eb) =>
        eb
          .selectFrom("outbox_messages")
          .select(["target_id", "position", "brand_id", "call_id", "order_key"])
          .select([sql.val(tried).as("attempts"), sql.val(failure).as("failure"), sql.val(at).as("died_at"), sql.val(expiresAt).as("expires_at")])
          .where("target_id", "=", targetId)
          .where("position", "=", message.position),
      )
      .execute();
  }
  if (gone.length > 0) await db.deleteFrom("outbox_messages").where("target_id", "=", targetId).where("position", "in", gone).execute();
}

async function recordHealth(db: SqlTransaction["db"], targetId: string, attempts: readonly RecordedAttempt[]): Promise<void> {
  const delivered = attempts.filter(({ outcome }) => outcome.kind === "delivered");
  const success = newest(delivered);
  const failure = newest(attempts.filter(({ outcome }) => outcome.kind !== "delivered"));
  await db
    .updateTable("forwarding_targets")
    .set((eb) => ({
      delivered: eb("delivered", "+", delivered.length),
      ...(success && { last_success_at: success.at }),
      ...(failure && failure.outcome.kind !== "delivered" && { last_failure_at: failure.at, last_failure: failure.outcome.failure }),
    }))
    .where("id", "=", targetId)
    .execute();
}

function newest(attempts: readonly RecordedAttempt[]): RecordedAttempt | undefined {
  return attempts.toSorted((a, b) => a.at - b.at).at(-1);
}
