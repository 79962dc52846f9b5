/** Everything that Hookgate stores, as the modules' ports. The only place that names them all. */
import type { ApplicationStore } from "../applications/application-store.ts";
import type { BrandStore } from "../brands/brand-store.ts";
import type { CustomerStore } from "../customers/customer-store.ts";
import type { OptionFieldStore } from "../customers/option-field-store.ts";
import type { OutboxStore, TargetStore } from "../forwarding/forwarding-store.ts";
import type { SessionStore, SetUpStore, UserStore } from "../identity/identity-store.ts";
import type { IntegrationTokenStore } from "../identity/integration-token-store.ts";
import type { LeaseStore } from "../jobs/lease-store.ts";
import type { KeyStore } from "../keys/key-store.ts";
import type { AttemptStore } from "../lib/attempt-store.ts";
import type { Changes } from "../lib/changes.ts";
import type { AuthorizationCodeStore, ClientStore, ConsentStore, RefreshFamilyStore, RefusedRequestStore, RevocationStore } from "../oauth/oauth-store.ts";
import type { CallQueueStore } from "../webhooks/pausing/call-queue-store.ts";
import type { CallHourStore } from "../webhooks/calls/call-hour-store.ts";
import type { CredentialStore } from "../webhooks/authentication/credential-store.ts";
import type { OwnershipStore } from "../ownership/ownership-store.ts";
import type { MappingStore } from "../webhooks/mapping/mapping-store.ts";
import type { ReplayStore } from "../webhooks/calls/replay-store.ts";
import type { CallStore, WebhookStore } from "../webhooks/webhook-store.ts";

export interface Ports {
  readonly brands: BrandStore;
  readonly keys: KeyStore;
  readonly users: UserStore;
  readonly integrationTokens: IntegrationTokenStore;
  readonly setUp: SetUpStore;
  readonly sessions: SessionStore;
  readonly attempts: AttemptStore;
  readonly clients: ClientStore;
  readonly authorizationCodes: AuthorizationCodeStore;
  readonly consents: ConsentStore;
  readonly refreshFamilies: RefreshFamilyStore;
  readonly revocations: RevocationStore;
  readonly refusedRequests: RefusedRequestStore;
  readonly applications: ApplicationStore;
  readonly customers: CustomerStore;
  readonly optionFields: OptionFieldStore;
  readonly webhooks: WebhookStore;
  readonly mappings: MappingStore;
  readonly credentials: CredentialStore;
  readonly calls: CallStore;
  readonly callHours: CallHourStore;
  readonly callQueues: CallQueueStore;
  readonly ownership: OwnershipStore;
  readonly replays: ReplayStore;
  readonly leases: LeaseStore;
  /** Deletes a small batch of what has expired; gives how many rows. Zero: nothing is left to sweep. */
  readonly sweep: (now: number) => Promise<number>;
  readonly targets: TargetStore;
  readonly outbox: OutboxStore;
}

export interface Store extends Ports {
  readonly changes: Changes;
  /** Runs the work in one transaction: all of it is durable when this resolves, or none of it happened. Await nothing but the given ports inside. */
  transaction<Result>(work: (ports: Ports) => Promise<Result>): Promise<Result>;
  /** How many rows wait to be swept, by table; a number that stops at 10,000 means at least as many. */
  countExpired(now: number): Promise<ReadonlyMap<string, number>>;
  close(): Promise<void>;
}
