import type { BrandDirectory } from "../../brands/brand-directory.ts";
import type { FieldCatalogues } from "../../customers/field-catalogue.ts";
import type { AttemptStore } from "../../lib/attempt-store.ts";
import type { Changes } from "../../lib/changes.ts";
import type { Clock } from "../../lib/clock.ts";
import { BrandDays } from "./brand-days.ts";
import type { CredentialStore } from "../authentication/credential-store.ts";
import { DrainCalls } from "../pausing/drain-calls.ts";
import { GroupCommit } from "./group-commit.ts";
import { RateLimits } from "./rate-limits.ts";
import { ReceiveCall } from "./receive-call.ts";
import { RefusalLog } from "./refusal-log.ts";
import type { WebhookAuthentications } from "../authentication/webhook-authentication.ts";
import { WebhookDirectory } from "../webhook-directory.ts";
import type { CallStore, WebhookStore } from "../webhook-store.ts";

interface ReceiverDeps {
  readonly webhooks: WebhookStore;
  readonly credentials: CredentialStore;
  readonly calls: CallStore;
  readonly attempts: AttemptStore;
  readonly catalogues: FieldCatalogues;
  readonly brands: BrandDirectory;
  readonly changes: Changes;
  readonly clock: Clock;
  readonly authentications: WebhookAuthentications;
  /** Told that something was put into the outbox of a target. */
  readonly onForwarded: (targetId: string) => void;
  /** Told when calls could not be written. */
  readonly onFailure: (error: unknown) => void;
}

/** The one way in for calls, be they a caller's or the console's: they share its commits. */
export interface Receiver {
  readonly receiveCall: ReceiveCall;
  /** For calls that came in and waited. */
  readonly drainCalls: DrainCalls;
  /** Takes no more calls; resolves when those that wait are written. */
  readonly close: () => Promise<void>;
}

export function openReceiver({
  webhooks,
  credentials,
  calls,
  catalogues,
  brands,
  changes,
  clock,
  authentications,
  attempts,
  onForwarded,
  onFailure,
}: ReceiverDeps): Receiver {
  const groupCommit = new GroupCommit({ calls, onFailure });
  const refusals = new RefusalLog({ calls, clock, onFailure });
  const rateLimits = new RateLimits({ attempts, clock, onFailure });
  const directory = new WebhookDirectory({ webhooks, credentials, catalogues, changes });
  const receiveCall = new ReceiveCall({
    directory,
    authentications,
    days: new BrandDays(brands, calls, clock),
    rateLimits,
    groupCommit,
    refusals,
    onForwarded,
    clock,
  });
  return {
    receiveCall,
    drainCalls: new DrainCalls({ directory, groupCommit, onForwarded }),
    close: async () => {
      await groupCommit.close();
      await refusals.close();
      await rateLimits.close();
    },
  };
}
