import { create, type AxiosError } from "axios";
import { authorizationCode, clientCredentials, refreshToken as refreshTokenGrant } from "axios-oauth-client";
import type { ClientAdapter, Tokens } from "../client-adapter.ts";

interface Answer {
  readonly access_token: string;
  readonly refresh_token?: string;
}

const tokensOf = ({ access_token, refresh_token }: Answer): Tokens => ({ accessToken: access_token, refreshToken: refresh_token });

export const axiosOauthClient: ClientAdapter = {
  package: "axios-oauth-client",
  notes: [
    "Speaks to the token endpoint only, with id and secret in the body; the caller makes the address of the authorization request and reads the answer.",
    "Has no way to send a `code_verifier`, so it does the code grant without PKCE, and cannot serve a public client.",
  ],
  async credentialsInBody({ tokenEndpoint, clientId, clientSecret }) {
    return tokensOf((await clientCredentials(create(), tokenEndpoint, clientId, clientSecret)("apps.webhook:execute")) as Answer);
  },
  async codeWithoutPkce(server, visit) {
    const { authorizationEndpoint, tokenEndpoint, clientId, clientSecret, redirectUri } = server;
    const request = { response_type: "code", client_id: clientId, redirect_uri: redirectUri, scope: server.scopes.join(" "), state: "xyz" };
    const answer = new URL(await visit(`${authorizationEndpoint}?${new URLSearchParams(request)}`)).searchParams;
    const exchange = authorizationCode(create(), tokenEndpoint, clientId, clientSecret, redirectUri);
    return tokensOf((await exchange(answer.get("code"))) as Answer);
  },
  async refresh({ tokenEndpoint, clientId, clientSecret }, refreshToken) {
    return tokensOf((await refreshTokenGrant(create(), tokenEndpoint, clientId, clientSecret, refreshToken)(refreshToken)) as Answer);
  },
  errorCode: (error) => (error as AxiosError<{ error: unknown }>).response?.data.error,
};
