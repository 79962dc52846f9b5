import type { Changes } from "../../lib/changes.ts";
import type { Ports, Store } from "../store.ts";
import type { SqlDatabase, SqlSession } from "./database.ts";
import { SqlApplicationStore } from "./sql-application-store.ts";
import { SqlAttemptStore } from "./sql-attempt-store.ts";
import { SqlBrandStore } from "./sql-brand-store.ts";
import { SqlCallHourStore } from "./sql-call-hour-store.ts";
import { SqlCallQueueStore } from "./sql-call-queue-store.ts";
import { SqlCallStore } from "./sql-call-store.ts";
import { SqlCredentialStore } from "./sql-credential-store.ts";
import { SqlConsentStore } from "./sql-consent-store.ts";
import { SqlCustomerStore } from "./sql-customer-store.ts";
import { SqlIntegrationTokenStore } from "./sql-integration-token-store.ts";
import { SqlKeyStore } from "./sql-key-store.ts";
import { SqlOwnershipStore } from "./sql-ownership-store.ts";
import { SqlAuthorizationCodeStore, SqlClientStore, SqlRevocationStore } from "./sql-oauth-store.ts";
import { SqlLeaseStore } from "./sql-lease-store.ts";
import { SqlMappingStore } from "./sql-mapping-store.ts";
import { SqlOptionFieldStore } from "./sql-option-field-store.ts";
import { SqlOutboxStore } from "./sql-outbox-store.ts";
import { SqlRefreshFamilyStore } from "./sql-refresh-family-store.ts";
import { SqlRefusedRequestStore } from "./sql-refused-request-store.ts";
import { SqlReplayStore } from "./sql-replay-store.ts";
import { SqlSessionStore } from "./sql-session-store.ts";
import { SqlSetUpStore } from "./sql-set-up-store.ts";
import { SqlTargetStore } from "./sql-target-store.ts";
import { SqlUserStore } from "./sql-user-store.ts";
import { SqlWebhookStore } from "./sql-webhook-store.ts";
import { countExpired, sweep } from "./sweep.ts";
import type { SweptThrough } from "./sweep-calls.ts";

/** A store over any SQL database. */
export function sqlStore(database: SqlDatabase): Store {
  const changes: Changes = database.changes;
  const callsSweptThrough: SweptThrough = new Map();
  return {
    ...portsOver(database.session, callsSweptThrough),
    changes,
    transaction: (work) => database.transaction((session) => work(portsOver(session, callsSweptThrough))),
    countExpired: (now) => countExpired(database.session, now),
    close: () => database.close(),
  };
}

function portsOver(session: SqlSession, callsSweptThrough: SweptThrough): Ports {
  return {
    brands: new SqlBrandStore(session),
    keys: new SqlKeyStore(session),
    users: new SqlUserStore(session),
    integrationTokens: new SqlIntegrationTokenStore(session),
    setUp: new SqlSetUpStore(session),
    sessions: new SqlSessionStore(session),
    attempts: new SqlAttemptStore(session),
    clients: new SqlClientStore(session),
    authorizationCodes: new SqlAuthorizationCodeStore(session),
    consents: new SqlConsentStore(session),
    refreshFamilies: new SqlRefreshFamilyStore(session),
    revocations: new SqlRevocationStore(session),
    refusedRequests: new SqlRefusedRequestStore(session),
    applications: new SqlApplicationStore(session),
    customers: new SqlCustomerStore(session),
    optionFields: new SqlOptionFieldStore(session),
    webhooks: new SqlWebhookStore(session),
    mappings: new SqlMappingStore(session),
    credentials: new SqlCredentialStore(session),
    calls: new SqlCallStore(session),
    callHours: new SqlCallHourStore(session),
    callQueues: new SqlCallQueueStore(session),
    ownership: new SqlOwnershipStore(session),
    replays: new SqlReplayStore(session),
    leases: new SqlLeaseStore(session),
    sweep: (now) => sweep(session, now, callsSweptThrough),
    targets: new SqlTargetStore(session),
    outbox: new SqlOutboxStore(session),
  };
}
