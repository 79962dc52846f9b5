import type { RefreshFamilyStore } from "../../oauth/oauth-store.ts";
import type { RefreshFamily } from "../../oauth/refresh-token.ts";
import type { Scope } from "../../oauth/scope.ts";
import type { SqlSession, SqlTransaction } from "./database.ts";
import { preparedQuery } from "./prepared-query.ts";

/** A type and no interface: its names are looked up. */
type Rotation = Readonly<Record<"generation" | "next" | "now" | "expiresAt", number>> & { readonly familyId: string };

export class SqlRefreshFamilyStore implements RefreshFamilyStore {
  readonly #session: SqlSession;
  readonly #find = preparedQuery((db, { familyId }: { familyId: string }) => db.selectFrom("refresh_families").selectAll().where("family_id", "=", familyId));
  readonly #rotate = preparedQuery((db, { familyId, generation, next, now, expiresAt }: Rotation) =>
    db
      .updateTable("refresh_families")
      .set({ generation: next, rotated_at: now, expires_at: expiresAt })
      .where("family_id", "=", familyId)
      .where("generation", "=", generation)
      .where("expires_at", ">", now),
  );

  constructor(session: SqlSession) {
    this.#session = session;
  }

  async findRefreshFamily(familyId: string): Promise<RefreshFamily | undefined> {
    const [row] = (await this.#find(this.#session.reader, { familyId })).rows;
    return (
      row && {
        familyId: row.family_id,
        brandId: row.brand_id,
        clientId: row.client_id,
        userId: row.user_id,
        grantedScopes: JSON.parse(row.granted_scopes) as Scope[],
        generation: row.generation,
        rotatedAt: row.rotated_at,
        expiresAt: row.expires_at,
        endsAt: row.ends_at,
      }
    );
  }

  rotateRefreshFamily(familyId: string, generation: number, now: number, expiresAt: number): Promise<boolean> {
    return this.#session.write(async ({ db }) => {
      const { numAffectedRows } = await this.#rotate(db, { familyId, generation, next: generation + 1, now, expiresAt });
      return numAffectedRows === 1n;
    });
  }
}

/** A part of redeeming the code that it comes from. */
export async function insertRefreshFamily({ db }: SqlTransaction, family: RefreshFamily): Promise<void> {
  await db
    .insertInto("refresh_families")
    .values({
      family_id: family.familyId,
      brand_id: family.brandId,
      client_id: family.clientId,
      user_id: family.userId,
      granted_scopes: JSON.stringify(family.grantedScopes),
      generation: family.generation,
      rotated_at: family.rotatedAt,
      expires_at: family.expiresAt,
      ends_at: family.endsAt,
    })
    .execute();
}
