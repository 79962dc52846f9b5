/** A webhook as most people would write it: Express, Auth0's middleware for bearer tokens, pg. */
import express from "express";
import { auth, requiredScopes } from "express-oauth2-jwt-bearer";
import { ALGORITHM, AUDIENCE, ISSUER, makeTables, newToken, SECRET, storeCall, type Customer } from "./customer-database.ts";
import { KEEP_ALIVE, offer, PORT } from "./peer.ts";

interface Response {
  json(content: object): void;
}

await makeTables();
const app = express().disable("x-powered-by").disable("etag");
const isAllowed = auth({ secret: SECRET, issuer: ISSUER, audience: AUDIENCE, tokenSigningAlg: ALGORITHM });
app.post(
  "/webhook",
  isAllowed,
  requiredScopes("apps.webhook:execute"),
  express.json({ limit: "6mb" }),
  async ({ body }: { readonly body: Customer }, response: Response) => {
    response.json(await storeCall(body));
  },
);
offer({ webhookPath: "/webhook", accessToken: newToken() });
app.listen(PORT, "127.0.0.1").keepAliveTimeout = KEEP_ALIVE;
