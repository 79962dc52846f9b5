import { eraseCustomerSuite } from "./suites/erase-customer.ts";
import { ownershipSuite } from "./suites/ownership.ts";
import { describe } from "vitest";
import type { Backend, SharedBackend } from "./fixture.ts";
import { brandSuite, keySuite } from "./suites/brands-and-keys.ts";
import { callQueueSuite, sharedCallQueueSuite } from "./suites/call-queues.ts";
import { callHourSuite } from "./suites/call-hours.ts";
import { callSearchSuite } from "./suites/call-search.ts";
import { commitCallsSuite } from "./suites/commit-calls.ts";
import { commitCallsModelSuite } from "./suites/commit-calls-model.ts";
import { consentSuite } from "./suites/consents.ts";
import { credentialSuite, integrationTokenSuite } from "./suites/credentials.ts";
import { customerSuite, fieldSetSuite } from "./suites/customers.ts";
import { forwardingSuite, sharedForwardingSuite } from "./suites/forwarding.ts";
import { idempotencySuite, sharedIdempotencySuite } from "./suites/idempotency.ts";
import { attemptSuite, sessionSuite, setUpSuite, userSuite } from "./suites/identity.ts";
import { leaseSuite, sharedLeaseSuite } from "./suites/leases.ts";
import { mappingSuite } from "./suites/mappings.ts";
import { optionFieldSuite } from "./suites/option-fields.ts";
import { applicationSuite, authorizationCodeSuite, revocationSuite } from "./suites/oauth.ts";
import { refusedRequestSuite } from "./suites/refused-requests.ts";
import { replaySuite, sharedReplaySuite } from "./suites/replays.ts";
import { retentionSuite } from "./suites/retention.ts";
import { sharedStoreSuite } from "./suites/shared-store.ts";
import { changesSuite, sweepSuite, transactionSuite } from "./suites/store.ts";
import { callSuite, webhookSuite } from "./suites/webhooks-and-calls.ts";

/** What every store must do, whatever the database. There is no way to leave a part out. */
export function storeSuite(backend: Backend): void {
  describe("brands", () => brandSuite(backend));
  describe("keys", () => keySuite(backend));
  describe("users", () => userSuite(backend));
  describe("set-up", () => setUpSuite(backend));
  describe("sessions", () => sessionSuite(backend));
  describe("attempts", () => attemptSuite(backend));
  describe("applications and clients", () => applicationSuite(backend));
  describe("authorization codes", () => authorizationCodeSuite(backend));
  describe("consents", () => consentSuite(backend));
  describe("revocations", () => revocationSuite(backend));
  describe("refused requests", () => refusedRequestSuite(backend));
  describe("customers", () => customerSuite(backend));
  describe("field sets", () => fieldSetSuite(backend));
  describe("versions of mappings", () => mappingSuite(backend));
  describe("option fields", () => optionFieldSuite(backend));
  describe("webhooks", () => webhookSuite(backend));
  describe("credentials of webhooks", () => credentialSuite(backend));
  describe("integration tokens", () => integrationTokenSuite(backend));
  describe("calls", () => callSuite(backend));
  describe("hours of calls", () => callHourSuite(backend));
  describe("queues of waiting calls", () => callQueueSuite(backend));
  describe("searching calls", () => callSearchSuite(backend));
  describe("committing calls", () => commitCallsSuite(backend));
  describe("committing calls, against a model", () => commitCallsModelSuite(backend));
  describe("erasing customers", () => eraseCustomerSuite(backend));
  describe("idempotency keys", () => idempotencySuite(backend));
  describe("ownership", () => ownershipSuite(backend));
  describe("replays", () => replaySuite(backend));
  describe("leases", () => leaseSuite(backend));
  describe("forwarding", () => forwardingSuite(backend));
  describe("changes", () => changesSuite(backend));
  describe("transactions", () => transactionSuite(backend));
  describe("sweeping", () => sweepSuite(backend));
  describe("retention of calls", () => retentionSuite(backend));
}

/** What several processes on one database must see of each other, on top of all that. */
export function sharedStoreSuites(backend: SharedBackend): void {
  storeSuite(backend);
  describe("two processes on one store", () => sharedStoreSuite(backend));
  describe("idempotency keys in two processes", () => sharedIdempotencySuite(backend));
  describe("queues in two processes", () => sharedCallQueueSuite(backend));
  describe("leases in two processes", () => sharedLeaseSuite(backend));
  describe("forwarding in two processes", () => sharedForwardingSuite(backend));
  describe("replays in two processes", () => sharedReplaySuite(backend));
}
