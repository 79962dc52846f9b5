/** What a webhook written by hand would do with a call on PostgreSQL: the customer by its address and the call, in one statement and so one commit. */
import { createHmac } from "node:crypto";
import { Pool } from "pg";

export interface Customer {
  readonly email: string;
  readonly firstname?: string;
  readonly surname?: string;
  readonly city?: string;
}

/** As many connections as Hookgate has. */
const pool = new Pool({ connectionString: process.env["PEER_DATABASE"], max: 10 });

/** Tables with as many customers as the scenario wants. */
export async function makeTables(): Promise<void> {
  await pool.query(`
    create table customers (id bigint generated always as identity primary key, email text not null unique, firstname text, lastname text, city text);
    create table calls (id bigint generated always as identity primary key, customer_id bigint not null, body text not null, received_at timestamptz not null default now())`);
  await pool.query(
    "insert into customers (email, firstname) select 'customer-' || lpad(number::text, 8, '0') || '@example.com', 'New' from generate_series(0, $1 - 1) as number",
    [Number(process.env["PEER_CUSTOMERS"])],
  );
}

const STORE = {
  name: "store",
  text: `with customer as (
      insert into customers (email, firstname, lastname, city) values ($1, $2, $3, $4)
      on conflict (email) do update set firstname = excluded.firstname, lastname = excluded.lastname, city = excluded.city returning id)
    insert into calls (customer_id, body) select id, $5 from customer returning customer_id`,
};

/** Resolves once both are durable, with what is to be answered. */
export async function storeCall(customer: Customer): Promise<object> {
  const { email, firstname, surname, city } = customer;
  const { rows } = await pool.query<{ readonly customer_id: string }>({ ...STORE, values: [email, firstname, surname, city, JSON.stringify(customer)] });
  return { ...customer, id: rows[0]!.customer_id };
}

export const ISSUER = "https://issuer.example.com";
export const AUDIENCE = "https://webhooks.example.com";
/** HMAC: what costs a JWT library least. */
export const ALGORITHM = "HS256";
export const SECRET = "a shared secret that has at least thirty-two bytes";

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");

/** A JWT for an hour, as an authorization server would hand it out. */
export function newToken(): string {
  const now = Math.floor(Date.now() / 1_000);
  const content = `${encode({ alg: ALGORITHM, typ: "JWT" })}.${encode({ iss: ISSUER, aud: AUDIENCE, sub: "client", scope: "apps.webhook:execute", iat: now, exp: now + 3_600 })}`;
  return `${content}.${createHmac("sha256", SECRET).update(content).digest("base64url")}`;
}
