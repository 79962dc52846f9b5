/** The authorization server without HTTP and pages, on a database in memory, with one registered client: for what is measured or tried very often. */
import { DEFAULT_BRAND_ID } from "../../src/brands/brand.ts";
import { loadConfig } from "../../src/config.ts";
import { newRandomId } from "../../src/lib/id.ts";
import { createAuthorizationServer } from "../../src/oauth/authorization-server.ts";
import { ClientThrottle } from "../../src/oauth/client-throttle.ts";
import { openServices } from "../../src/services.ts";
import { openStore } from "../../src/store/open-store.ts";
import { ManualClock } from "./manual-clock.ts";

export type BareAuthorizationServer = Awaited<ReturnType<typeof openAuthorizationServer>>;

export async function openAuthorizationServer() {
  const clock = new ManualClock();
  const config = loadConfig({ HOOKGATE_STORE: "sqlite::memory:", HOOKGATE_SECRET: "a secret of at least thirty-two characters" });
  const store = await openStore({ url: config.store, migrate: true, clock });
  const services = await openServices(config, store, clock);
  /** What the server called a fault of its own; nothing that a stranger sends may add to it. */
  const faults: unknown[] = [];
  const server = createAuthorizationServer({
    ...services,
    clientThrottle: new ClientThrottle({ attempts: store.attempts, clock, onFailure: (error) => faults.push(error) }),
    issuer: config.issuer,
    expiresIn: config.expiresIn,
    codeLifetime: config.codeLifetime,
    authorizationCodes: store.authorizationCodes,
    refreshFamilies: store.refreshFamilies,
    revocations: store.revocations,
    journal: { refused() {}, failed: (error) => faults.push(error) },
  });

  const owner = {
    id: newRandomId(),
    email: "olga@example.com",
    name: "Olga Owner",
    role: "member",
    status: "active",
    signedInAt: null,
    reactivatedAt: null,
  } as const;
  await store.users.insertUser({ ...owner, brandId: DEFAULT_BRAND_ID, createdAt: clock.now() }, { passwordHash: "none" });
  const registered = await services.applications.register({
    brandId: DEFAULT_BRAND_ID,
    ownerId: owner.id,
    name: "Shop sync",
    description: "",
    type: "confidential",
    scopes: ["apps.webhook:execute", "offline_access"],
    redirectUris: ["https://shop.example.com/callback"],
  });
  if (registered.kind !== "registered") throw new Error(`Not registered: ${JSON.stringify(registered.errors)}`);
  const { application, clientSecret } = registered;
  return { ...server, services, faults, clientId: application.clientId, clientSecret: clientSecret ?? "", close: () => store.close() };
}
