import type { Case, Pairs } from "../request.ts";
import { BASIC, each, eachWithEach } from "./client-requests.ts";

const refreshToken = (...values: readonly string[]): Pairs => values.map((value) => ["refresh_token", value]);

const TOKENS: Readonly<Record<string, Pairs>> = {
  "a refresh token": refreshToken("{refresh}"),
  "a token that was refreshed before": refreshToken("{successor}"),
  "a used token": refreshToken("{usedRefresh}"),
  "a revoked token": refreshToken("{revokedRefresh}"),
  "another client's token": refreshToken("{refreshOfOther}"),
  "a public client's token": refreshToken("{refreshOfPublic}"),
  "a token with another end": refreshToken("{refresh|bent}"),
  "a token cut short": refreshToken("{refresh|cut}"),
  "a token with a space behind": refreshToken("{refresh} "),
  "no token": [],
  "an empty token": refreshToken(""),
  "the token twice": refreshToken("{refresh}", "{refresh}"),
  "an access token": refreshToken("{access}"),
  "a code": refreshToken("{codeWithoutPkce}"),
};

const SCOPES: Readonly<Record<string, Pairs>> = { "no scope": [], "a narrower scope": [["scope", "{scope}"]], "an unknown scope": [["scope", "nonsense"]] };

const MORE_SCOPES = each<Pairs>(
  {
    "the whole scope": [["scope", "{scope} offline_access"]],
    "the whole scope, the other way round": [["scope", "offline_access {scope}"]],
    "offline_access alone": [["scope", "offline_access"]],
    "an empty scope": [["scope", ""]],
    "the same scope twice in one value": [["scope", "{scope} {scope}"]],
    "two spaces in the scope": [["scope", "{scope}  offline_access"]],
    "a malformed scope": [["scope", '{scope}"']],
    "the parameter scope twice": [
      ["scope", "{scope}"],
      ["scope", "{scope}"],
    ],
    "a redirect_uri besides": [["redirect_uri", "{redirect}"]],
    "a code besides": [["code", "x"]],
  },
  (parameters) => ({ endpoint: "token", headers: BASIC, body: [["grant_type", "refresh_token"], ["refresh_token", "{refresh}"], ...parameters] }),
);

const SENT_BY = each<{ readonly headers?: Pairs; readonly body: Pairs }>(
  {
    "secret in the body": {
      body: [
        ["refresh_token", "{refresh}"],
        ["client_id", "{id}"],
        ["client_secret", "{secret}"],
      ],
    },
    "no secret": {
      body: [
        ["refresh_token", "{refresh}"],
        ["client_id", "{id}"],
      ],
    },
    "a wrong secret": { headers: [["Authorization", "Basic <<{id}:wrong>>"]], body: [["refresh_token", "{refresh}"]] },
    nobody: { body: [["refresh_token", "{refresh}"]] },
    "another client": { headers: [["Authorization", "Basic <<{other}:{otherSecret}>>"]], body: [["refresh_token", "{refresh}"]] },
    "the public client itself": {
      body: [
        ["refresh_token", "{refreshOfPublic}"],
        ["client_id", "{public}"],
      ],
    },
    "the public client, narrower": {
      body: [
        ["refresh_token", "{refreshOfPublic}"],
        ["client_id", "{public}"],
        ["scope", "{scope}"],
      ],
    },
    "another public client": {
      body: [
        ["refresh_token", "{refreshOfPublic}"],
        ["client_id", "{native}"],
      ],
    },
    "a token that was used a moment ago": { headers: BASIC, body: [["refresh_token", "{rotatedRefresh}"]] },
  },
  ({ headers = [], body }) => ({ endpoint: "token", headers, body: [["grant_type", "refresh_token"], ...body] }),
);

export const refresh: readonly Case[] = [
  ...eachWithEach(TOKENS, SCOPES, (token, scope) => ({ endpoint: "token", headers: BASIC, body: [["grant_type", "refresh_token"], ...token, ...scope] })),
  ...MORE_SCOPES,
  ...SENT_BY,
];
