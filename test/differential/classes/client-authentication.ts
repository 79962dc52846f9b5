import type { Case, Pairs } from "../request.ts";
import { eachWithEach } from "./client-requests.ts";

const authorization = (...values: readonly string[]): Pairs => values.map((value) => ["Authorization", value]);

const NO_HEADER = { "no header": authorization() };
const RIGHT = { "right Basic": authorization("Basic <<{id}:{secret}>>") };
const WRONG = { "wrong secret in Basic": authorization("Basic <<{id}:wrong>>") };

const HEADERS = {
  ...NO_HEADER,
  ...RIGHT,
  ...WRONG,
  "scheme in lower case": authorization("basic <<{id}:{secret}>>"),
  "scheme in upper case": authorization("BASIC <<{id}:{secret}>>"),
  "two spaces after the scheme": authorization("Basic  <<{id}:{secret}>>"),
  "nothing after the scheme": authorization("Basic"),
  "something after the credentials": authorization("Basic <<{id}:{secret}>> x"),
  "no base64": authorization("Basic !!!"),
  "base64 without padding": authorization("Basic YWI6Yw"),
  "no colon": authorization("Basic <<{id}>>"),
  "no secret": authorization("Basic <<{id}:>>"),
  "no id": authorization("Basic <<:{secret}>>"),
  "unknown id": authorization("Basic <<nobody:{secret}>>"),
  "another client's secret": authorization("Basic <<{id}:{otherSecret}>>"),
  "something after the secret": authorization("Basic <<{id}:{secret}:more>>"),
  "secret cut short": authorization("Basic <<{id}:{secret|cut}>>"),
  "id in upper case": authorization("Basic <<{id|upper}:{secret}>>"),
  "all percent-encoded": authorization("Basic <<{id|percent}:{secret|percent}>>"),
  "a broken percent sequence": authorization("Basic <<{id}:%zz>>"),
  "percent-encoded bytes that are no UTF-8": authorization("Basic <<{id}:%ff%fe>>"),
  "a percent-encoded NUL": authorization("Basic <<{id}:{secret}%00>>"),
  "a space in the secret": authorization("Basic <<{id}:{secret} x>>"),
  "a public client with an empty secret": authorization("Basic <<{public}:>>"),
  "a public client with a secret": authorization("Basic <<{public}:x>>"),
  "an access token": authorization("Bearer {access}"),
  "another scheme": authorization("Digest x"),
  "an empty header": authorization(""),
  "two headers": authorization("Basic <<{id}:{secret}>>", "Basic <<{other}:{otherSecret}>>"),
} as const;

const BODIES: Readonly<Record<string, Pairs>> = {
  client_id: [["client_id", "{id}"]],
  "another client_id": [["client_id", "{other}"]],
  "an unknown client_id": [["client_id", "nobody"]],
  "an empty client_id": [["client_id", ""]],
  "client_id twice": [
    ["client_id", "{id}"],
    ["client_id", "{id}"],
  ],
  "client_id and secret": [
    ["client_id", "{id}"],
    ["client_secret", "{secret}"],
  ],
  "client_id and a wrong secret": [
    ["client_id", "{id}"],
    ["client_secret", "wrong"],
  ],
  "client_id and an empty secret": [
    ["client_id", "{id}"],
    ["client_secret", ""],
  ],
  "client_id and the secret twice": [
    ["client_id", "{id}"],
    ["client_secret", "{secret}"],
    ["client_secret", "{secret}"],
  ],
  "a secret alone": [["client_secret", "{secret}"]],
  "a public client_id": [["client_id", "{public}"]],
  "an assertion": [
    ["client_assertion", "x.y.z"],
    ["client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"],
  ],
  "an assertion without its type": [["client_assertion", "x.y.z"]],
};

const request = (headers: Pairs, body: Pairs) => ({ endpoint: "token", headers, body: [["grant_type", "client_credentials"], ...body] }) as const;

export const clientAuthentication: readonly Case[] = [
  ...eachWithEach(HEADERS, { "nothing in the body": [] }, request),
  ...eachWithEach({ ...NO_HEADER, ...RIGHT, ...WRONG }, BODIES, request),
];
