import type { SelectQueryBuilder } from "kysely";
import type { CustomerFieldName } from "../../customers/customer-fields.ts";
import type { FieldMapping } from "../../webhooks/webhook.ts";
import type { MappingStore, MappingToSave, MappingVersion } from "../../webhooks/mapping/mapping-store.ts";
import type { SqlSession, SqlTransaction } from "./database.ts";
import type { Schema } from "./schema.ts";

type Db = SqlTransaction["db"];

/** Of one webhook; older ones are deleted as new ones come. */
const VERSIONS_KEPT = 100;

export class SqlMappingStore implements MappingStore {
  readonly #session: SqlSession;

  constructor(session: SqlSession) {
    this.#session = session;
  }

  saveMapping(brandId: string, webhookId: string, { mapping, fieldSetId, savedAt, savedBy, basedOn }: MappingToSave): ReturnType<MappingStore["saveMapping"]> {
    return this.#session.write(async ({ db, raise }) => {
      // First, because it keeps others out: what is looked at next stays true.
      await raise("webhooks");
      const webhook = await db
        .selectFrom("webhooks")
        .select("mapping_version")
        .where("brand_id", "=", brandId)
        .where("id", "=", webhookId)
        .where("deleted", "=", 0)
        .executeTakeFirst();
      if (!webhook) return "gone";
      if (basedOn !== undefined && basedOn !== webhook.mapping_version) return "conflict";
      if (await writesDeletedField(db, brandId, mapping)) return "field-gone";
      const version = webhook.mapping_version + 1;
      await db
        .updateTable("webhooks")
        .set({ mapping: JSON.stringify(mapping), field_set_id: fieldSetId, mapping_version: version, updated_at: savedAt })
        .where("brand_id", "=", brandId)
        .where("id", "=", webhookId)
        .execute();
      await insertMappingVersion(db, { brandId, webhookId, version, mapping, savedAt, savedBy });
      await db
        .deleteFrom("mapping_versions")
        .where("brand_id", "=", brandId)
        .where("webhook_id", "=", webhookId)
        .where("version", "<=", version - VERSIONS_KEPT)
        .execute();
      return "saved";
    });
  }

  async listMappingVersions(brandId: string, webhookId: string): Promise<readonly MappingVersion[]> {
    return (await this.#select(brandId, webhookId).orderBy("mapping_versions.version", "desc").execute()).map(toVersion);
  }

  async findMappingVersion(brandId: string, webhookId: string, version: number): Promise<MappingVersion | undefined> {
    const row = await this.#select(brandId, webhookId).where("mapping_versions.version", "=", version).executeTakeFirst();
    return row && toVersion(row);
  }

  #select(brandId: string, webhookId: string): SelectQueryBuilder<Schema, "mapping_versions" | "users", VersionRow> {
    return this.#session.reader
      .selectFrom("mapping_versions")
      .leftJoin("users", (join) => join.onRef("users.brand_id", "=", "mapping_versions.brand_id").onRef("users.id", "=", "mapping_versions.saved_by"))
      .select(["mapping_versions.version", "mapping_versions.mapping", "mapping_versions.saved_at", "users.name"])
      .where("mapping_versions.brand_id", "=", brandId)
      .where("mapping_versions.webhook_id", "=", webhookId);
  }
}

interface VersionRow {
  version: number;
  mapping: string;
  saved_at: number;
  name: string | null;
}

function toVersion(row: VersionRow): MappingVersion {
  return { version: row.version, mapping: JSON.parse(row.mapping) as FieldMapping, savedAt: row.saved_at, savedByName: row.name };
}

interface NewVersion extends Pick<MappingToSave, "mapping" | "savedAt" | "savedBy"> {
  readonly brandId: string;
  readonly webhookId: string;
  readonly version: number;
}

export async function insertMappingVersion(db: Db, { brandId, webhookId, version, mapping, savedAt, savedBy }: NewVersion): Promise<void> {
  await db
    .insertInto("mapping_versions")
    .values({ brand_id: brandId, webhook_id: webhookId, version, mapping: JSON.stringify(mapping), saved_at: savedAt, saved_by: savedBy })
    .execute();
}

/** Deleting an option field raises "webhooks" as well: of the two one sees what the other has done. */
async function writesDeletedField(db: Db, brandId: string, { fields }: FieldMapping): Promise<boolean> {
  const names = fields.map(({ field }) => field).filter(isOptionField);
  if (names.length === 0) return false;
  const there = await db
    .selectFrom("option_fields")
    .select("name")
    .where("brand_id", "=", brandId)
    .where("deleted", "=", 0)
    .where("name", "in", names)
    .execute();
  return there.length < new Set(names).size;
}

function isOptionField(name: CustomerFieldName): boolean {
  return name.startsWith("option.");
}
