import type { OptionFieldName } from "../../customers/customer-fields.ts";
import { sql } from "kysely";
import type { OptionField, OptionFieldKind } from "../../customers/option-field.ts";
import type { OptionFieldStore } from "../../customers/option-field-store.ts";
import type { SqlSession, SqlTransaction } from "./database.ts";
import type { Schema } from "./schema.ts";

type Db = SqlTransaction["db"];

export class SqlOptionFieldStore implements OptionFieldStore {
  readonly #session: SqlSession;

  constructor(session: SqlSession) {
    this.#session = session;
  }

  async listOptionFields(brandId: string): Promise<readonly OptionField[]> {
    return (await selectLive(this.#session.reader, brandId)).map(toOptionField);
  }

  insertOptionField({ brandId, name, label, kind, choices }: OptionField, limit: number): Promise<OptionFieldName | undefined> {
    return this.#session.write(async ({ db, raise }) => {
      // First, because it keeps others out: what is looked at next stays true.
      await raise("option_fields");
      const rows = await db.selectFrom("option_fields").select(["name", "position", "deleted"]).where("brand_id", "=", brandId).execute();
      if (rows.filter(({ deleted }) => deleted === 0).length >= limit) return undefined;
      const taken = new Set(rows.map((row) => row.name));
      let free = name;
      for (let number = 2; taken.has(free); number++) free = `${name}_${number}`;
      const position = Math.max(0, ...rows.map((row) => row.position)) + 1;
      await db
        .insertInto("option_fields")
        .values({ brand_id: brandId, name: free, label, kind, choices: JSON.stringify(choices), position, deleted: 0, swept_through: "" })
        .execute();
      return free;
    });
  }

  updateOptionField(brandId: string, name: OptionFieldName, { label, choices }: Pick<OptionField, "label" | "choices">): Promise<boolean> {
    return this.#session.write(async ({ db, raise }) => {
      await raise("option_fields");
      const { numUpdatedRows } = await db
        .updateTable("option_fields")
        .set({ label, choices: JSON.stringify(choices) })
        .where("brand_id", "=", brandId)
        .where("name", "=", name)
        .where("deleted", "=", 0)
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0;
    });
  }

  moveOptionField(brandId: string, name: OptionFieldName, direction: "up" | "down"): Promise<void> {
    return this.#session.write(async ({ db, raise }) => {
      await raise("option_fields");
      const rows = await selectLive(db, brandId);
      const from = rows.findIndex((row) => row.name === name);
      const one = rows[from];
      const other = rows[direction === "up" ? from - 1 : from + 1];
      if (!one || !other) return;
      for (const [row, { position }] of [
        [one, other],
        [other, one],
      ] as const) {
        await db.updateTable("option_fields").set({ position }).where("brand_id", "=", brandId).where("name", "=", row.name).execute();
      }
    });
  }

  listWebhooksWriting(brandId: string, name: OptionFieldName): Promise<readonly { readonly id: string; readonly name: string }[]> {
    return selectWriting(this.#session.reader, brandId, name);
  }

  deleteOptionField(brandId: string, name: OptionFieldName): Promise<"deleted" | "written" | "not-found"> {
    return this.#session.write(async ({ db, raise }) => {
      // Both, because saving a mapping raises the latter first.
      await raise("webhooks");
      await raise("option_fields");
      if ((await selectWriting(db, brandId, name)).length > 0) return "written";
      const { numUpdatedRows } = await db
        .updateTable("option_fields")
        .set({ deleted: 1 })
        .where("brand_id", "=", brandId)
        .where("name", "=", name)
        .where("deleted", "=", 0)
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0 ? "deleted" : "not-found";
    });
  }
}

function selectLive(db: Db, brandId: string): Promise<Schema["option_fields"][]> {
  return db.selectFrom("option_fields").selectAll().where("brand_id", "=", brandId).where("deleted", "=", 0).orderBy("position").execute();
}

/** A mapping is JSON as `JSON.stringify` writes it, and no name needs an escape there. */
function selectWriting(db: Db, brandId: string, name: OptionFieldName): Promise<{ id: string; name: string }[]> {
  const pattern = `%"field":"${name.replaceAll(/[\\%_]/g, "\\$&")}"%`;
  return db
    .selectFrom("webhooks")
    .select(["id", "name"])
    .where("brand_id", "=", brandId)
    .where("deleted", "=", 0)
    .where(sql<boolean>`mapping like ${pattern} escape '\\'`)
    .orderBy("name")
    .execute();
}

function toOptionField(row: Schema["option_fields"]): OptionField {
  return {
    brandId: row.brand_id,
    name: row.name as OptionFieldName,
    label: row.label,
    kind: row.kind as OptionFieldKind,
    choices: JSON.parse(row.choices) as string[],
  };
}
