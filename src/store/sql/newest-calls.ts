/**
 * Which calls a page of the log shows, by id alone and from the newest on. What an index knows is read from that index in its order; what no index
 * knows is asked of so many calls at a time, so that no page costs more, whatever is looked for and however long the log is.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { sql, type Expression, type ExpressionBuilder, type Nullable, type SelectQueryBuilder, type SqlBool } from "kysely";
import { lowestIdAt } from "../../lib/id.ts";
import type { PageRequest } from "../../lib/page.ts";
import { MAX_SEARCHED } from "../../webhooks/calls/call.ts";
import type { CallSearch, StoredCallFilter } from "../../webhooks/webhook-store.ts";
import type { SqlSession } from "./database.ts";
import type { Schema } from "./schema.ts";

export interface FoundCalls {
  /** Newest first. */
  readonly ids: readonly string[];
  /** After which call the next page begins. */
  readonly next: string | null;
}

/** All calls that pass what indexes know. */
interface Candidates {
  readonly newest: (page: PageRequest) => Promise<readonly string[]>;
  /** Each call of a window is looked for in so many webhooks. */
  readonly webhooks: number;
}

type Searched = ExpressionBuilder<Schema & { console_calls: Nullable<Schema["console_calls"]> }, "calls" | "console_calls">;
type Passes = (eb: Searched) => Expression<SqlBool>;

/** From one window of a search to the next its size grows by this: what is frequent is found in a small one. */
const GROWTH = 4;
/** Windows of one page at most, and how much of the index one of them may read: an owner of hundreds of webhooks has small ones. */
const MAX_WINDOWS = 10;
const MAX_READ = 20_000;

export async function findNewestCalls(session: SqlSession, brandId: string, filter: StoredCallFilter, { limit, after }: PageRequest): Promise<FoundCalls> {
  const { newest, webhooks } = await candidatesOf(session, brandId, filter);
  const passes = unindexed(filter);
  if (!passes) return foundIn(await newest({ limit: limit + 1, after }), limit);
  const found: string[] = [];
  const largest = Math.max(limit, Math.floor(MAX_READ / webhooks));
  let [size, left, cursor] = [2 * limit, MAX_SEARCHED, after];
  for (let windows = 1; ; windows++) {
    size = Math.min(size, left, largest);
    const window = await newest({ limit: size, after: cursor });
    found.push(...(await passing(session, brandId, window, passes)));
    if (found.length > limit || window.length < size) return foundIn(found, limit);
    left -= size;
    cursor = window.at(-1)!;
    if (left === 0 || windows === MAX_WINDOWS) return { ids: found, next: cursor };
    size *= GROWTH;
    await nextTurn();
  }
}

function foundIn(ids: readonly string[], limit: number): FoundCalls {
  return { ids: ids.slice(0, limit), next: ids.length > limit ? ids[limit - 1]! : null };
}

/** What no index knows: that a call was accepted, because most were, and what somebody searches for. */
function unindexed({ outcome, search }: StoredCallFilter): Passes | null {
  if (outcome !== "accepted" && !search) return null;
  return (eb) => eb.and([...(outcome === "accepted" ? [eb("calls.outcome", "=", outcome)] : []), ...(search ? [matches(eb, search)] : [])]);
}

function matches(eb: Searched, { reference, customerId, sender }: CallSearch): Expression<SqlBool> {
  const any: Expression<SqlBool>[] = [];
  if (reference !== null) any.push(eb("calls.reference", "=", reference));
  if (customerId !== null) any.push(eb("calls.customer_ids", "like", `%"${customerId}"%`));
  if (sender !== null) {
    const part = `%${sender.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
    for (const name of ["calls.application_name", "console_calls.user_name"] as const)
      any.push(sql<boolean>`lower(${eb.ref(name)}) like ${part} escape ${"\\"}`);
  }
  return eb.or(any);
}

/** Neither order nor limit: a database that is given them may think it best to walk all calls in that order. */
async function passing({ reader }: SqlSession, brandId: string, ids: readonly string[], passes: Passes): Promise<readonly string[]> {
  if (ids.length === 0) return [];
  const rows = await reader
    .selectFrom("calls")
    .leftJoin("console_calls", (join) => join.onRef("console_calls.brand_id", "=", "calls.brand_id").onRef("console_calls.call_id", "=", "calls.id"))
    .select("calls.id")
    .where("calls.brand_id", "=", brandId)
    .where("calls.id", "in", ids)
    .where(passes)
    .execute();
  const passed = new Set(rows.map(({ id }) => id));
  return ids.filter((id) => passed.has(id));
}

/** Of the brand, of one webhook, or of several. */
async function candidatesOf(session: SqlSession, brandId: string, filter: StoredCallFilter): Promise<Candidates> {
  const { webhookId, ownerId } = filter;
  if (webhookId === null && ownerId === null) return { newest: (page) => idsOf(candidates(session, brandId, filter, page)), webhooks: 1 };
  let inQuestion = session.reader.selectFrom("webhooks").select("id").where("brand_id", "=", brandId);
  if (webhookId !== null) inQuestion = inQuestion.where("id", "=", webhookId);
  if (ownerId !== null) inQuestion = inQuestion.where("owner_id", "=", ownerId);
  const webhooks = (await inQuestion.execute()).map(({ id }) => id);
  const [only] = webhooks;
  if (only === undefined) return { newest: async () => [], webhooks: 1 };
  // One value and not a list of them: the index then gives the calls in their order.
  const newest = (page: PageRequest) => candidates(session, brandId, filter, page).where("candidate.webhook_id", "=", only);
  if (webhooks.length === 1) return { newest: (page) => idsOf(newest(page)), webhooks: 1 };
  return { newest: (page) => idsOf(newestOfEach(session, brandId, filter, page)), webhooks: webhooks.length };
}

async function idsOf(query: SelectQueryBuilder<Schema, never, { id: string }>): Promise<readonly string[]> {
  return (await query.execute()).map(({ id }) => id);
}

/**
 * The newest of each webhook of an owner, and of those the newest. Filtering the brand's calls instead would read all of a busy brand for an owner with
 * quiet webhooks.
 */
function newestOfEach({ reader, hasLateral }: SqlSession, brandId: string, filter: StoredCallFilter, page: PageRequest) {
  const chosen = reader.selectFrom("webhooks as chosen").where("chosen.brand_id", "=", brandId).where("chosen.owner_id", "=", filter.ownerId!);
  const ofChosen = candidates({ reader }, brandId, filter, page).where("candidate.webhook_id", "=", sql.ref<string>("chosen.id"));
  const newest = hasLateral
    ? chosen.crossJoinLateral(ofChosen.as("newest"))
    : // CROSS JOIN: SQLite keeps the order as written, the webhooks outside.
      chosen.crossJoin("calls as newest").where("newest.brand_id", "=", brandId).where("newest.id", "in", ofChosen);
  return newest.select("newest.id").orderBy("newest.id", "desc").limit(page.limit) as SelectQueryBuilder<Schema, never, { id: string }>;
}

/** The newest calls that pass what indexes know of calls themselves. */
function candidates(
  { reader }: Pick<SqlSession, "reader">,
  brandId: string,
  { outcome, status, since, until }: StoredCallFilter,
  { limit, after }: PageRequest,
) {
  let query = reader
    .selectFrom("calls as candidate")
    .select("candidate.id")
    .where("candidate.brand_id", "=", brandId)
    .orderBy("candidate.id", "desc")
    .limit(limit);
  if (after !== null) query = query.where("candidate.id", "<", after);
  if (since) query = query.where("candidate.id", ">=", lowestIdAt(since));
  if (until) query = query.where("candidate.id", "<", lowestIdAt(until));
  // In the words of the partial indexes, so that they are seen to apply.
  if (outcome !== null && outcome !== "accepted") query = query.where("candidate.outcome", "=", outcome).where("candidate.outcome", "<>", sql.lit("accepted"));
  if (status) query = query.where("candidate.status", "=", status).where("candidate.outcome", "=", sql.lit("refused"));
  return query as SelectQueryBuilder<Schema & { candidate: Schema["calls"] }, "candidate", { id: string }>;
}
