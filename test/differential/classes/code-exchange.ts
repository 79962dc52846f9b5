import type { Case, Pairs } from "../request.ts";
import { BASIC, each, eachWithEach } from "./client-requests.ts";

const code = (...values: readonly string[]): Pairs => values.map((value) => ["code", value]);

const CODES: Readonly<Record<string, Pairs>> = {
  "a code": code("{codeWithoutPkce}"),
  "a used code": code("{usedCode}"),
  "another client's code": code("{codeOfOther}"),
  "a code with another end": code("{codeWithoutPkce|bent}"),
  "a code cut short": code("{codeWithoutPkce|cut}"),
  "a code with a space behind": code("{codeWithoutPkce} "),
  "a code for a request without redirect_uri": code("{codeWithoutRedirect}"),
  "no code": [],
  "an empty code": code(""),
  "the code twice": code("{codeWithoutPkce}", "{codeWithoutPkce}"),
  "an access token as code": code("{access}"),
  "a refresh token as code": code("{refresh}"),
};

const REDIRECT_URIS: Readonly<Record<string, Pairs>> = {
  "the right redirect_uri": [["redirect_uri", "{redirect}"]],
  "no redirect_uri": [],
  "an empty redirect_uri": [["redirect_uri", ""]],
  "a wrong redirect_uri": [["redirect_uri", "{redirect}x"]],
};

const GRANT: Pairs = [
  ["grant_type", "authorization_code"],
  ["redirect_uri", "{redirect}"],
];
const PUBLIC: Pairs = [
  ["grant_type", "authorization_code"],
  ["code", "{codeOfPublic}"],
  ["code_verifier", "{verifier}"],
];

const SENT_BY = each<{ readonly headers?: Pairs; readonly body: Pairs }>(
  {
    "secret in the body": { body: [...GRANT, ["code", "{codeWithoutPkce}"], ["client_id", "{id}"], ["client_secret", "{secret}"]] },
    "no secret": { body: [...GRANT, ["code", "{codeWithoutPkce}"], ["client_id", "{id}"]] },
    "a wrong secret": { headers: [["Authorization", "Basic <<{id}:wrong>>"]], body: [...GRANT, ["code", "{codeWithoutPkce}"]] },
    nobody: { body: [...GRANT, ["code", "{codeWithoutPkce}"]] },
    "a scope besides": { headers: BASIC, body: [...GRANT, ["code", "{codeWithoutPkce}"], ["scope", "{scope}"]] },
    "an unknown scope besides": { headers: BASIC, body: [...GRANT, ["code", "{codeWithoutPkce}"], ["scope", "nonsense"]] },
    "an unknown parameter besides": { headers: BASIC, body: [...GRANT, ["code", "{codeWithoutPkce}"], ["nonsense", "x"]] },
    "a refresh token besides": { headers: BASIC, body: [...GRANT, ["code", "{codeWithoutPkce}"], ["refresh_token", "x"]] },
    "a state besides": { headers: BASIC, body: [...GRANT, ["code", "{codeWithoutPkce}"], ["state", "x"]] },
    "public client": { body: [...PUBLIC, ["client_id", "{public}"], ["redirect_uri", "https://spa.example.com/callback"]] },
    "public client without redirect_uri": { body: [...PUBLIC, ["client_id", "{public}"]] },
    "public client with an empty secret": { body: [...PUBLIC, ["client_id", "{public}"], ["client_secret", ""]] },
    "public client with a secret": { body: [...PUBLIC, ["client_id", "{public}"], ["client_secret", "x"]] },
    "a public client's code by another client": { headers: BASIC, body: PUBLIC },
    "with PKCE and without redirect_uri": {
      headers: BASIC,
      body: [
        ["grant_type", "authorization_code"],
        ["code", "{code}"],
        ["code_verifier", "{verifier}"],
      ],
    },
    "with PKCE, defaulted redirect_uri": {
      headers: BASIC,
      body: [
        ["grant_type", "authorization_code"],
        ["code", "{codeWithPkceWithoutRedirect}"],
        ["code_verifier", "{verifier}"],
      ],
    },
  },
  ({ headers = [], body }) => ({ endpoint: "token", headers, body }),
);

export const codeExchange: readonly Case[] = [
  ...eachWithEach(CODES, REDIRECT_URIS, (codes, redirectUri) => ({
    endpoint: "token",
    headers: BASIC,
    body: [["grant_type", "authorization_code"], ...codes, ...redirectUri],
  })),
  ...SENT_BY,
];
