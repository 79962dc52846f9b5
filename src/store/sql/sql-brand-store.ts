import type { Selectable } from "kysely";
import { MODULES, type Brand, type Module } from "../../brands/brand.ts";
import type { BrandStore } from "../../brands/brand-store.ts";
import type { SqlSession, SqlTransaction } from "./database.ts";
import type { Schema } from "./schema.ts";

export class SqlBrandStore implements BrandStore {
  readonly #session: SqlSession;

  constructor(session: SqlSession) {
    this.#session = session;
  }

  async findBrand(brandId: string): Promise<Brand | undefined> {
    const row = await this.#session.reader.selectFrom("brands").selectAll().where("id", "=", brandId).executeTakeFirst();
    return row && this.#toBrand(row);
  }

  async findBrandByName(name: string): Promise<Brand | undefined> {
    const row = await this.#session.reader.selectFrom("brands").selectAll().where("name_key", "=", nameKey(name)).executeTakeFirst();
    return row && this.#toBrand(row);
  }

  async listBrands(): Promise<readonly Brand[]> {
    const rows = await this.#session.reader.selectFrom("brands").selectAll().orderBy("name_key").execute();
    return Promise.all(rows.map((row) => this.#toBrand(row)));
  }

  insertBrand(brand: Omit<Brand, "modules">): Promise<boolean> {
    return this.#session.write(async ({ db, raise }) => {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto("brands")
        .values({
          id: brand.id,
          name: brand.name,
          name_key: nameKey(brand.name),
          time_zone: brand.timeZone,
          calls_kept_days: brand.callsKeptDays ?? null,
          created_at: brand.createdAt,
        })
        .onConflict((conflict) => conflict.column("name_key").doNothing())
        .executeTakeFirstOrThrow();
      if (!numInsertedOrUpdatedRows) return false;
      await raise("brands");
      return true;
    });
  }

  updateBrand(brandId: string, change: Parameters<BrandStore["updateBrand"]>[1]): ReturnType<BrandStore["updateBrand"]> {
    return this.#session.write(async ({ db, raise }) => {
      // Raised first: no other brand can take the name between the look and the update.
      await raise("brands");
      const key = nameKey(change.name);
      const taken = await db.selectFrom("brands").select("id").where("name_key", "=", key).where("id", "<>", brandId).executeTakeFirst();
      if (taken) return "name-taken";
      const { numUpdatedRows } = await db
        .updateTable("brands")
        .set({
          name: change.name,
          name_key: key,
          time_zone: change.timeZone,
          ...(change.callsKeptDays !== undefined && { calls_kept_days: change.callsKeptDays }),
        })
        .where("id", "=", brandId)
        .executeTakeFirstOrThrow();
      return numUpdatedRows ? "updated" : "not-found";
    });
  }

  async activateModule(brandId: string, module: Module, now: number): Promise<void> {
    await this.#session.write((transaction) => activateModule(transaction, brandId, module, now));
  }

  async deactivateModule(brandId: string, module: Module): Promise<void> {
    await this.#session.write(async ({ db, raise }) => {
      const { numDeletedRows } = await db.deleteFrom("brand_modules").where("brand_id", "=", brandId).where("module", "=", module).executeTakeFirstOrThrow();
      if (numDeletedRows) await raise("brands");
    });
  }

  async #toBrand(row: Selectable<Schema["brands"]>): Promise<Brand> {
    const modules = await this.#session.reader.selectFrom("brand_modules").select("module").where("brand_id", "=", row.id).execute();
    const active = new Set(modules.map(({ module }) => module));
    return {
      id: row.id,
      name: row.name,
      timeZone: row.time_zone,
      modules: new Set(MODULES.filter((module) => active.has(module))),
      ...(row.calls_kept_days !== null && { callsKeptDays: row.calls_kept_days }),
      createdAt: row.created_at,
    };
  }
}

/** Also a part of registering the first application and of installing the first webhook. */
export async function activateModule({ db, raise }: SqlTransaction, brandId: string, module: Module, now: number): Promise<void> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto("brand_modules")
    .values({ brand_id: brandId, module, activated_at: now })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow();
  if (numInsertedOrUpdatedRows) await raise("brands");
}

function nameKey(name: string): string {
  return name.trim().normalize("NFC").toLowerCase();
}
