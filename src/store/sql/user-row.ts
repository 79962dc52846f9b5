import type { Insertable, Selectable } from "kysely";
import type { Role, User, UserStatus } from "../../identity/user.ts";
import type { Schema } from "./schema.ts";

export const USER_COLUMNS = [
  "users.id",
  "users.brand_id",
  "users.email",
  "users.name",
  "users.role",
  "users.status",
  "users.created_at",
  "users.signed_in_at",
  "users.reactivated_at",
] as const;

export function toUser(row: Omit<Selectable<Schema["users"]>, "name_key" | "password_hash">): User {
  return {
    id: row.id,
    brandId: row.brand_id,
    email: row.email,
    name: row.name,
    role: row.role as Role,
    status: row.status as UserStatus,
    createdAt: row.created_at,
    signedInAt: row.signed_in_at,
    reactivatedAt: row.reactivated_at,
  };
}

export function fromUser(user: User, passwordHash: string | null): Insertable<Schema["users"]> {
  return {
    id: user.id,
    brand_id: user.brandId,
    email: user.email,
    name: user.name,
    name_key: user.name.normalize("NFC").toLowerCase(),
    role: user.role,
    status: user.status,
    password_hash: passwordHash,
    created_at: user.createdAt,
    signed_in_at: user.signedInAt,
    reactivated_at: user.reactivatedAt,
  };
}
