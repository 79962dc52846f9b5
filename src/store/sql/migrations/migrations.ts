import { attempts } from "./0008-attempts.ts";
import { callDetail } from "./0005-call-detail.ts";
import { callHours } from "./0013-call-hours.ts";
import { callQuota } from "./0002-call-quota.ts";
import { inactivity } from "./0006-inactivity.ts";
import { refreshFamilies } from "./0004-refresh-families.ts";
import { refusedOfStrangers } from "./0010-refused-of-strangers.ts";
import { refusedRequests } from "./0003-refused-requests.ts";
import { consents } from "./0009-consents.ts";
import { mappingVersions } from "./0014-mapping-versions.ts";
import { optionFields } from "./0012-option-fields.ts";
import { replays } from "./0015-replays.ts";
import { callSearch } from "./0016-call-search.ts";
import { rateLimit } from "./0017-rate-limit.ts";
import { leases } from "./0018-leases.ts";
import { brandCallLog } from "./0021-brand-call-log.ts";
import { forwarding } from "./0022-forwarding.ts";
import { start } from "./0001-start.ts";
import { webhookCredentials } from "./0007-webhook-credentials.ts";
import { integrationTokens } from "./0011-integration-tokens.ts";
import { sensitiveFields } from "./0019-sensitive-fields.ts";
import { retention } from "./0020-retention.ts";
import { waitingCalls } from "./0023-waiting-calls.ts";
import { outboxByCall } from "./0024-outbox-by-call.ts";
import type { Migration } from "./migration.ts";

/** Every step in order. A released step never changes; the next one is a new file and a line here. */
export const MIGRATIONS: readonly Migration[] = [
  start,
  callQuota,
  refusedRequests,
  refreshFamilies,
  callDetail,
  inactivity,
  webhookCredentials,
  attempts,
  consents,
  refusedOfStrangers,
  integrationTokens,
  optionFields,
  callHours,
  mappingVersions,
  replays,
  callSearch,
  rateLimit,
  leases,
  sensitiveFields,
  retention,
  brandCallLog,
  forwarding,
  waitingCalls,
  outboxByCall,
];
