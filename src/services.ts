/**
 * Everything that Hookgate does, wired by hand and free of HTTP: pages, endpoints and commands share these. The order of making
 * is the order of the modules; nothing here decides anything.
 */
import { ApplicationService } from "./applications/application-service.ts";
import { DEFAULT_BRAND_ID } from "./brands/brand.ts";
import { BrandDirectory } from "./brands/brand-directory.ts";
import type { Config } from "./config.ts";
import { IntegrationTokens } from "./identity/integration-tokens.ts";
import { PasswordChange } from "./identity/password-change.ts";
import { SetUp } from "./identity/set-up.ts";
import { SignIn } from "./identity/sign-in.ts";
import { SignInThrottle } from "./identity/sign-in-throttle.ts";
import { UserDirectory } from "./identity/user-directory.ts";
import { UserService } from "./identity/user-service.ts";
import { KeyRing } from "./keys/key-ring.ts";
import { SecretBox } from "./keys/secret-box.ts";
import { FieldCatalogues } from "./customers/field-catalogue.ts";
import { OptionFieldService } from "./customers/option-field-service.ts";
import type { Clock } from "./lib/clock.ts";
import { SecretUses } from "./lib/secret-uses.ts";
import { AccessTokens, REVOCATION_LIFETIME } from "./oauth/access-token.ts";
import { AccessTokenStatus } from "./oauth/access-token-status.ts";
import { BearerTokens } from "./oauth/bearer-token.ts";
import { ClientDirectory } from "./oauth/client-directory.ts";
import { ClientStatus } from "./oauth/client-status.ts";
import { Consents } from "./oauth/consents.ts";
import { RevocationList } from "./oauth/revocation-list.ts";
import { Ownership } from "./ownership/ownership.ts";
import type { Store } from "./store/store.ts";
import { WebhookAuthentications } from "./webhooks/authentication/webhook-authentication.ts";
import { WebhookService } from "./webhooks/webhook-service.ts";

export type Services = Awaited<ReturnType<typeof openServices>>;

export async function openServices(config: Config, store: Store, clock: Clock) {
  const { changes } = store;
  const brands = new BrandDirectory(store.brands, changes);
  const keyRing = await KeyRing.open(store.keys, clock, changes, config.secret);
  const users = new UserDirectory({ users: store.users, changes, clock, inactivityLimit: config.inactivityLimit });
  const clients = new ClientDirectory(store.clients, changes);
  const revocations = await RevocationList.open(store.revocations, clock, changes);
  const clientStatus = new ClientStatus(brands, users);
  const accessTokens = new AccessTokens({ keyRing, clock });
  const accessTokenStatus = new AccessTokenStatus({ revocations, clients, clientStatus, users, clock });
  const bearerTokens = new BearerTokens({ accessTokens, accessTokenStatus, changes });
  const catalogues = new FieldCatalogues(store.optionFields, changes);
  const credentialUses = new SecretUses((uses) => store.credentials.recordCredentialUses(uses), clock);
  const integrationTokens = new IntegrationTokens({ store: store.integrationTokens, changes, clock });
  const integrationTokenUses = new SecretUses((uses) => store.integrationTokens.recordIntegrationTokenUses(uses), clock);
  const authentications = new WebhookAuthentications({
    bearerTokens,
    users,
    credentialUses,
    integrationTokens,
    integrationTokenUses,
    secretBox: new SecretBox(config.secret),
    clock,
  });
  const userService = new UserService({ users: store.users, directory: users, clock });
  return {
    config,
    store,
    clock,
    brands,
    keyRing,
    users,
    signIn: new SignIn({
      users: store.users,
      directory: users,
      sessions: store.sessions,
      attempts: store.attempts,
      clock,
      revocationLifetime: REVOCATION_LIFETIME,
    }),
    passwordChange: new PasswordChange({ users: store.users, attempts: store.attempts, clock, revocationLifetime: REVOCATION_LIFETIME }),
    setUp: new SetUp({ setUp: store.setUp, users: store.users, clock, brandId: DEFAULT_BRAND_ID }),
    userService,
    clients,
    secretUses: new SecretUses((uses) => store.clients.recordSecretUses(uses), clock),
    accessTokens,
    accessTokenStatus,
    clientStatus,
    consents: new Consents(store.consents, clock),
    changes,
    bearerTokens,
    credentialUses,
    integrationTokens,
    integrationTokenUses,
    authentications,
    applications: new ApplicationService({ applications: store.applications, clock }),
    catalogues,
    optionFields: new OptionFieldService(store.optionFields, catalogues),
    webhooks: new WebhookService({ ...store, catalogues, authentications, clock }),
    ownership: new Ownership({
      ownership: store.ownership,
      applications: store.applications,
      webhooks: store.webhooks,
      users: userService,
      throttle: new SignInThrottle(store.attempts, clock),
      clock,
    }),
  };
}
