import type { SelectQueryBuilder, Selectable, Updateable } from "kysely";
import type { Page, PageRequest } from "../../lib/page.ts";
import type { AuthenticationSettings, AuthenticationType, FieldMapping, Webhook } from "../../webhooks/webhook.ts";
import type { WebhookChange, WebhookStore, WebhookWithOwner } from "../../webhooks/webhook-store.ts";
import type { NewCredential } from "../../webhooks/authentication/webhook-credential.ts";
import type { SqlSession, SqlTransaction } from "./database.ts";
import { pairCursor, parsePairCursor, toPage } from "./page-query.ts";
import type { Schema } from "./schema.ts";
import { countHeld } from "./sql-call-queue-store.ts";
import { insertMappingVersion } from "./sql-mapping-store.ts";
import { insertCredentialRow, settingsText } from "./sql-credential-store.ts";

type WebhookRow = Selectable<Schema["webhooks"]>;
type WebhookWithOwnerRow = WebhookRow & { owner_name: string };

export class SqlWebhookStore implements WebhookStore {
  readonly #session: SqlSession;

  constructor(session: SqlSession) {
    this.#session = session;
  }

  async findWebhookById(webhookId: string): Promise<Webhook | undefined> {
    const row = await this.#session.reader.selectFrom("webhooks").selectAll().where("id", "=", webhookId).where("deleted", "=", 0).executeTakeFirst();
    return row && toWebhook(row);
  }

  async findWebhook(brandId: string, webhookId: string): Promise<WebhookWithOwner | undefined> {
    const row = await this.#select(brandId).where("webhooks.id", "=", webhookId).executeTakeFirst();
    return row && { ...toWebhook(row), ownerName: row.owner_name };
  }

  async listWebhooks(brandId: string, ownerId: string | null, { limit, after }: PageRequest): Promise<Page<WebhookWithOwner>> {
    let query = this.#select(brandId)
      .orderBy("webhooks.created_at", "desc")
      .orderBy("webhooks.id", "desc")
      .limit(limit + 1);
    if (ownerId !== null) query = query.where("webhooks.owner_id", "=", ownerId);
    const cursor = parsePairCursor(after, "number");
    if (cursor) {
      query = query.where((eb) => eb(eb.refTuple("webhooks.created_at", "webhooks.id"), "<", eb.tuple(cursor.first, cursor.id)));
    }
    return toPage(
      await query.execute(),
      limit,
      (row) => ({ ...toWebhook(row), ownerName: row.owner_name }),
      (row) => pairCursor(row.created_at, row.id),
    );
  }

  async countWebhooks(brandId: string, ownerId: string | null): Promise<number> {
    let query = this.#session.reader
      .selectFrom("webhooks")
      .select((eb) => eb.fn.countAll<number>().as("count"))
      .where("brand_id", "=", brandId)
      .where("deleted", "=", 0);
    if (ownerId !== null) query = query.where("owner_id", "=", ownerId);
    return (await query.executeTakeFirstOrThrow()).count;
  }

  async insertWebhook(webhook: Webhook, credential: NewCredential | null = null): Promise<void> {
    await this.#session.write(async ({ db, raise }) => {
      await db
        .insertInto("webhooks")
        .values({
          id: webhook.id,
          brand_id: webhook.brandId,
          owner_id: webhook.ownerId,
          name: webhook.name,
          authentication: webhook.authentication,
          authentication_settings: settingsText(webhook.authenticationSettings),
          mapping: webhook.mapping && JSON.stringify(webhook.mapping),
          field_set_id: webhook.fieldSetId,
          mapping_version: webhook.mappingVersion,
          calls_a_minute: webhook.callsAMinute ?? null,
          sensitive_paths: pathsText(webhook.sensitivePaths),
          created_at: webhook.createdAt,
          updated_at: webhook.updatedAt,
          deleted: 0,
        })
        .execute();
      if (credential) await insertCredentialRow(db, webhook.brandId, webhook.id, credential);
      const { brandId, id: webhookId, mapping, mappingVersion: version, createdAt: savedAt, ownerId: savedBy } = webhook;
      if (mapping) await insertMappingVersion(db, { brandId, webhookId, version, mapping, savedAt, savedBy });
      await raise("webhooks");
    });
  }

  updateWebhook(brandId: string, webhookId: string, { name, callsAMinute, sensitivePaths, updatedAt }: WebhookChange): Promise<boolean> {
    const set: Updateable<Schema["webhooks"]> = { updated_at: updatedAt };
    if (name !== undefined) set.name = name;
    if (callsAMinute !== undefined) set.calls_a_minute = callsAMinute;
    if (sensitivePaths !== undefined) set.sensitive_paths = pathsText(sensitivePaths);
    return this.#update(brandId, webhookId, set);
  }

  /** The row stays, marked: its calls go on naming the webhook and its owner, and those that wait are told that it is gone. */
  deleteWebhook(brandId: string, webhookId: string): Promise<boolean> {
    return this.#update(brandId, webhookId, { deleted: 1, paused_at: null }, async ({ db, lockBrand }) => {
      await lockBrand(brandId);
      await countHeld(db, brandId);
      for (const table of ["webhook_credentials", "mapping_versions", "forwarding_targets", "outbox_positions"] as const) {
        await db.deleteFrom(table).where("brand_id", "=", brandId).where("webhook_id", "=", webhookId).execute();
      }
    });
  }

  /** `also`: what belongs to the change, when there is such a webhook. */
  #update(brandId: string, webhookId: string, set: Updateable<Schema["webhooks"]>, also?: (transaction: SqlTransaction) => Promise<void>): Promise<boolean> {
    return this.#session.write(async (transaction) => {
      const { db, raise } = transaction;
      const { numUpdatedRows } = await db
        .updateTable("webhooks")
        .set(set)
        .where("brand_id", "=", brandId)
        .where("id", "=", webhookId)
        .where("deleted", "=", 0)
        .executeTakeFirstOrThrow();
      if (!numUpdatedRows) return false;
      await also?.(transaction);
      await raise("webhooks");
      return true;
    });
  }

  #select(brandId: string): SelectQueryBuilder<Schema, "webhooks" | "users", WebhookWithOwnerRow> {
    return this.#session.reader
      .selectFrom("webhooks")
      .innerJoin("users", (join) => join.onRef("users.brand_id", "=", "webhooks.brand_id").onRef("users.id", "=", "webhooks.owner_id"))
      .selectAll("webhooks")
      .select("users.name as owner_name")
      .where("webhooks.brand_id", "=", brandId)
      .where("webhooks.deleted", "=", 0);
  }
}

function toWebhook(row: WebhookRow): Webhook {
  return {
    id: row.id,
    brandId: row.brand_id,
    ownerId: row.owner_id,
    name: row.name,
    authentication: row.authentication as AuthenticationType | null,
    authenticationSettings: row.authentication_settings === null ? {} : (JSON.parse(row.authentication_settings) as AuthenticationSettings),
    mapping: row.mapping === null ? null : (JSON.parse(row.mapping) as FieldMapping),
    fieldSetId: row.field_set_id,
    mappingVersion: row.mapping_version,
    ...(row.calls_a_minute !== null && { callsAMinute: row.calls_a_minute }),
    ...(row.paused_at !== null && { pausedAt: row.paused_at }),
    ...(row.sensitive_paths !== null && { sensitivePaths: toPaths(row.sensitive_paths) }),
    ...(row.target_id !== null && { targetId: row.target_id }),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function pathsText(paths: readonly string[] = []): string | null {
  return paths.length === 0 ? null : JSON.stringify(paths);
}

export function toPaths(text: string | null): readonly string[] {
  return text === null ? [] : (JSON.parse(text) as string[]);
}
