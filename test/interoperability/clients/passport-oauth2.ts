import OAuth2Strategy from "passport-oauth2";
import type { ClientAdapter, Registration, Tokens, Visit } from "../client-adapter.ts";

type Request = Parameters<OAuth2Strategy["authenticate"]>[0];

/** Runs the strategy once, as passport's own middleware does: gives where it redirects to, or the user that it found. */
async function authenticate<Outcome>(server: Registration, pkce: boolean, request: object): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const strategy = new OAuth2Strategy(
      {
        authorizationURL: server.authorizationEndpoint,
        tokenURL: server.tokenEndpoint,
        clientID: server.clientId,
        clientSecret: server.clientSecret ?? "",
        callbackURL: server.redirectUri,
        scope: [...server.scopes],
        scopeSeparator: " ",
        state: true,
        pkce,
      },
      (accessToken: string, refreshToken: string, _profile: unknown, verified: OAuth2Strategy.VerifyCallback) =>
        verified(null, { accessToken, refreshToken } satisfies Tokens),
    );
    Object.assign(strategy, { redirect: resolve, success: resolve, error: reject, fail: reject });
    strategy.authenticate(request as Request);
  });
}

async function code(server: Registration, visit: Visit, pkce: boolean): Promise<Tokens> {
  const session = {};
  const address = await authenticate<string>(server, pkce, { query: {}, session });
  const returned = new URL(await visit(address));
  return authenticate<Tokens>(server, pkce, { query: Object.fromEntries(returned.searchParams), session });
}

export const passportOauth2: ClientAdapter = {
  package: "passport-oauth2",
  notes: [
    "A strategy to sign in with: it does the authorization code grant only, and has no method for refresh, revocation or introspection.",
    'PKCE needs `pkce: true` and `state: true` together. Scopes are joined by a space (`scopeSeparator: " "`, its default).',
    'The secret goes in the body. A public client sets `clientSecret: ""`: the empty `client_secret` that is sent then counts as absent (RFC 6749 section 3.1).',
  ],
  codeWithPkce: (server, visit) => code(server, visit, true),
  codeOfPublicClient: (server, visit) => code(server, visit, true),
  codeWithoutPkce: (server, visit) => code(server, visit, false),
  errorCode: (error) => (error as { code: unknown }).code,
};
