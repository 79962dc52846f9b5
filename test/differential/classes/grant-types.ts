import type { Case, Pairs } from "../request.ts";
import { BASIC, eachWithEach } from "./client-requests.ts";

const grantType = (...values: readonly string[]): Pairs => values.map((value) => ["grant_type", value]);

const GRANT_TYPES: Readonly<Record<string, Pairs>> = {
  "client credentials": grantType("client_credentials"),
  "a code that is missing": grantType("authorization_code"),
  "a refresh token that is missing": grantType("refresh_token"),
  password: grantType("password"),
  implicit: grantType("implicit"),
  "no grant_type": [],
  "an empty grant_type": grantType(""),
  "an unknown grant_type": grantType("nonsense"),
  "the URN of the device grant": grantType("urn:ietf:params:oauth:grant-type:device_code"),
  "the URN of the JWT grant": grantType("urn:ietf:params:oauth:grant-type:jwt-bearer"),
  "upper case": grantType("CLIENT_CREDENTIALS"),
  "a space behind": grantType("client_credentials "),
  "two in one value": grantType("client_credentials password"),
  "twice the same": grantType("client_credentials", "client_credentials"),
  "two different ones": grantType("client_credentials", "password"),
};

interface Sender {
  readonly headers?: Pairs;
  readonly body?: Pairs;
}

const SENDERS: Readonly<Record<string, Sender>> = {
  Basic: { headers: BASIC },
  "secret in the body": {
    body: [
      ["client_id", "{id}"],
      ["client_secret", "{secret}"],
    ],
  },
  "public client": { body: [["client_id", "{public}"]] },
  nobody: {},
};

export const grantTypes: readonly Case[] = eachWithEach(GRANT_TYPES, SENDERS, (grant, { headers = [], body = [] }) => ({
  endpoint: "token",
  headers,
  body: [...grant, ...body],
}));
