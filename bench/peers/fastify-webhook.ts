/** A webhook by who wants it fast: Fastify, its JWT plugin with tokens that it has verified kept, pg. */
import jwt from "@fastify/jwt";
import fastify from "fastify";
import { ALGORITHM, AUDIENCE, ISSUER, makeTables, newToken, SECRET, storeCall, type Customer } from "./customer-database.ts";
import { KEEP_ALIVE, offer, PORT } from "./peer.ts";

/** What the plugin adds to a request. */
interface Verifying {
  jwtVerify(): Promise<unknown>;
}

async function verify(request: object): Promise<void> {
  await (request as Verifying).jwtVerify();
}

await makeTables();
const app = fastify({ keepAliveTimeout: KEEP_ALIVE, bodyLimit: 6 * 1024 * 1024 });
await app.register(jwt, { secret: SECRET, verify: { algorithms: [ALGORITHM], allowedIss: ISSUER, allowedAud: AUDIENCE, cache: true } });
app.post<{ Body: Customer }>("/webhook", { onRequest: verify }, ({ body }) => storeCall(body));
offer({ webhookPath: "/webhook", accessToken: newToken() });
await app.listen({ port: PORT, host: "127.0.0.1" });
