/** oidc-provider with its adapter in memory: OAuth without OpenID, nothing that a token request does not need. */
import { createServer } from "node:http";
import { Provider } from "oidc-provider";
import { SCOPE } from "../scenarios.ts";
import { CLIENT_ID, CLIENT_SECRET, KEEP_ALIVE, offer, PORT, REFRESH_TOKENS } from "./peer.ts";

const ACCOUNT = "ada";

const provider = new Provider(`http://127.0.0.1:${PORT}`, {
  clients: [
    {
      client_id: CLIENT_ID,
      client_secret: CLIENT_SECRET,
      token_endpoint_auth_method: "client_secret_basic",
      grant_types: ["client_credentials", "authorization_code", "refresh_token"],
      redirect_uris: ["https://shop.example.com/callback"],
      scope: `${SCOPE} offline_access`,
    },
  ],
  scopes: [SCOPE, "offline_access"],
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: async (_context, client, token) => token.clientId === client.clientId },
    resourceIndicators: { enabled: false },
    userinfo: { enabled: false },
  },
  rotateRefreshToken: true,
  findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
  cookies: { keys: ["for this run only"] },
  ttl: { ClientCredentials: 3_600, AccessToken: 3_600, RefreshToken: 86_400, Grant: 86_400 },
  routes: { token: "/oauth2/token", introspection: "/oauth2/introspect" },
});

const client = await provider.Client.find(CLIENT_ID);
if (!client) throw new Error("The client is not there.");

/** As a redeemed code would leave them; the pages before it are not what is measured. */
async function issueRefreshToken(): Promise<string> {
  const grant = new provider.Grant({ accountId: ACCOUNT, clientId: CLIENT_ID });
  grant.addOIDCScope(`${SCOPE} offline_access`);
  const grantId = await grant.save();
  const scope = `${SCOPE} offline_access`;
  return new provider.RefreshToken({ accountId: ACCOUNT, client: client!, grantId, gty: "authorization_code", scope, rotations: 0 }).save();
}

offer({ refreshTokens: await Promise.all(Array.from({ length: REFRESH_TOKENS }, issueRefreshToken)) });
const answer = provider.callback();
createServer({ keepAliveTimeout: KEEP_ALIVE }, (request, response) => void answer(request, response)).listen(PORT, "127.0.0.1");
