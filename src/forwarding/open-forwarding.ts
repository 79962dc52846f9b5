import type { LeaseStore } from "../jobs/lease-store.ts";
import { SecretBox } from "../keys/secret-box.ts";
import type { Clock } from "../lib/clock.ts";
import type { AddressTest } from "../lib/network-address.ts";
import { AddressGuard } from "../outgoing/address-guard.ts";
import { OutgoingClient } from "../outgoing/outgoing-client.ts";
import { resolveHost } from "../outgoing/resolve-host.ts";
import { ForwardingService } from "./forwarding-service.ts";
import type { OutboxStore, TargetStore } from "./forwarding-store.ts";
import { ForwardingWorker } from "./forwarding-worker.ts";
import { MessageSender } from "./message-sender.ts";

interface ForwardingDeps {
  readonly targets: TargetStore;
  readonly outbox: OutboxStore;
  readonly leases: LeaseStore;
  /** What signing secrets are sealed under. */
  readonly secret: string;
  readonly isForwardAddress: AddressTest | null;
  readonly clock: Clock;
  readonly version: string;
  /** Told once when messages cannot be sent for a cause of this server, until it works again. */
  readonly onFailure: (error: unknown) => void;
}

export interface Forwarding {
  readonly service: ForwardingService;
  readonly worker: ForwardingWorker;
}

export function openForwarding({ targets, outbox, leases, secret, isForwardAddress, clock, version, onFailure }: ForwardingDeps): Forwarding {
  const client = new OutgoingClient({ guard: new AddressGuard(isForwardAddress), resolveHost });
  const secretBox = new SecretBox(secret);
  const sender = new MessageSender({ outbox, client, secretBox, clock, version });
  return {
    service: new ForwardingService({ targets, client, secretBox, clock }),
    worker: new ForwardingWorker({ outbox, leases, sender, clock, onFailure }),
  };
}
