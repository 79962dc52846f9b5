/** Revocation (RFC 7009) and introspection (RFC 7662) are asked with the same requests. */
import type { Case, Pairs } from "../request.ts";
import { BASIC, each, eachWithEach } from "./client-requests.ts";

const token = (...values: readonly string[]): Pairs => values.map((value) => ["token", value]);

const TOKENS: Readonly<Record<string, Pairs>> = {
  "an access token": token("{access}"),
  "a user's access token": token("{accessOfUser}"),
  "a refresh token": token("{refresh}"),
  "a revoked access token": token("{revokedAccess}"),
  "a revoked refresh token": token("{revokedRefresh}"),
  "the access token of a revoked refresh token": token("{accessOfRevokedRefresh}"),
  "a used refresh token": token("{usedRefresh}"),
  "another client's access token": token("{accessOfOther}"),
  "another client's refresh token": token("{refreshOfOther}"),
  "a public client's access token": token("{accessOfPublic}"),
  "a code": token("{codeWithoutPkce}"),
  "an access token with another end": token("{access|bent}"),
  "an access token cut short": token("{access|cut}"),
  "an access token with a space behind": token("{access} "),
  "a text": token("nonsense"),
  "a text that looks like a JWT": token("x.y.z"),
  "no token": [],
  "an empty token": token(""),
  "the token twice": token("{access}", "{access}"),
};

const HINTS: Readonly<Record<string, Pairs>> = {
  "no hint": [],
  "hint refresh_token": [["token_type_hint", "refresh_token"]],
  "an unknown hint": [["token_type_hint", "nonsense"]],
};

const SENT_BY: Readonly<Record<string, { readonly headers?: Pairs; readonly body: Pairs }>> = {
  "hint access_token": { headers: BASIC, body: [["token_type_hint", "access_token"]] },
  "an empty hint": { headers: BASIC, body: [["token_type_hint", ""]] },
  "the hint twice": {
    headers: BASIC,
    body: [
      ["token_type_hint", "access_token"],
      ["token_type_hint", "access_token"],
    ],
  },
  "secret in the body": {
    body: [
      ["client_id", "{id}"],
      ["client_secret", "{secret}"],
    ],
  },
  "no secret": { body: [["client_id", "{id}"]] },
  "a wrong secret": { headers: [["Authorization", "Basic <<{id}:wrong>>"]], body: [] },
  "an unknown client": { headers: [["Authorization", "Basic <<nobody:{secret}>>"]], body: [] },
  nobody: { body: [] },
  "a public client": { body: [["client_id", "{public}"]] },
  "the token itself as authorization": { headers: [["Authorization", "Bearer {access}"]], body: [] },
  "an unknown parameter besides": { headers: BASIC, body: [["nonsense", "x"]] },
  "an Origin": { headers: [...BASIC, ["Origin", "https://elsewhere.example.com"]], body: [] },
};

function casesAt(endpoint: "revoke" | "introspect"): readonly Case[] {
  return [
    ...eachWithEach(TOKENS, HINTS, (tokens, hint) => ({ endpoint, headers: BASIC, body: [...tokens, ...hint] })),
    ...each(SENT_BY, ({ headers = [], body }) => ({ endpoint, headers, body: [["token", "{access}"], ...body] })),
  ];
}

export const revocation = casesAt("revoke");
export const introspection = casesAt("introspect");
