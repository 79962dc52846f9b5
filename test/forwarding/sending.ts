/** A store with a webhook whose calls go to a target, and workers that send: real HTTP on loopback, a clock that tests move. */
import { expect, onTestFinished } from "vitest";
import { DEFAULT_BRAND_ID } from "../../src/brands/brand.ts";
import { ForwardingService } from "../../src/forwarding/forwarding-service.ts";
import { ForwardingWorker, LEASE } from "../../src/forwarding/forwarding-worker.ts";
import { MessageSender } from "../../src/forwarding/message-sender.ts";
import type { OutboxStore } from "../../src/forwarding/forwarding-store.ts";
import type { ForwardingTarget } from "../../src/forwarding/target.ts";
import { SecretBox } from "../../src/keys/secret-box.ts";
import { parseAddressList } from "../../src/lib/network-address.ts";
import { AddressGuard } from "../../src/outgoing/address-guard.ts";
import { OutgoingClient, type OutgoingLimits } from "../../src/outgoing/outgoing-client.ts";
import { resolveHost, type ResolveHost } from "../../src/outgoing/resolve-host.ts";
import { openStore } from "../../src/store/open-store.ts";
import type { Store } from "../../src/store/store.ts";
import type { PendingCall } from "../../src/webhooks/webhook-store.ts";
import type { Webhook } from "../../src/webhooks/webhook.ts";
import { newPendingCall, newUser, newWebhook } from "../conformance/fixture.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { HttpTarget } from "./http-target.ts";

const SECRET_BOX = new SecretBox("the secret of the servers under test");

interface SendingOptions {
  readonly limits?: OutgoingLimits;
  readonly resolve?: ResolveHost;
  readonly allowed?: string;
}

export class Sending {
  readonly clock = new ManualClock();
  readonly failures: unknown[] = [];
  readonly store: Store;
  readonly httpTarget: HttpTarget;
  readonly service: ForwardingService;
  webhook!: Webhook;
  target!: ForwardingTarget;
  secret = "";
  readonly #client: OutgoingClient;
  #fieldSetId = "";
  #sending = 0;

  private constructor(store: Store, httpTarget: HttpTarget, { limits, resolve = resolveHost, allowed = "127.0.0.1" }: SendingOptions) {
    this.store = store;
    this.httpTarget = httpTarget;
    const parsed = parseAddressList(allowed);
    const guard = new AddressGuard(parsed.kind === "list" ? parsed.includes : null);
    this.#client = new OutgoingClient({ guard, resolveHost: resolve, ...(limits && { limits }) });
    this.service = new ForwardingService({ targets: store.targets, client: this.#client, secretBox: SECRET_BOX, clock: this.clock });
  }

  static async open(options: SendingOptions = {}): Promise<Sending> {
    const store = await openStore({ url: "sqlite::memory:", migrate: true });
    const httpTarget = await HttpTarget.open();
    const sending = new Sending(store, httpTarget, options);
    onTestFinished(async () => {
      await httpTarget.close();
      await store.close().catch(() => {}); // Some tests close it themselves.
    });
    await sending.#setUp();
    return sending;
  }

  async #setUp(): Promise<void> {
    const owner = newUser();
    await this.store.users.insertUser(owner, { passwordHash: "none" });
    this.webhook = newWebhook(owner);
    await this.store.webhooks.insertWebhook(this.webhook);
    const set = await this.service.setUrl(this.webhook, this.httpTarget.url);
    if (set.kind !== "set" || set.secret === null) throw new Error(JSON.stringify(set));
    this.secret = set.secret;
    this.target = (await this.store.targets.findTarget(DEFAULT_BRAND_ID, this.webhook.id))!;
    this.#fieldSetId = (await this.store.customers.ensureFieldSet(DEFAULT_BRAND_ID, ["emailaddress"])).id;
  }

  /** One that looks for work when the test says so; `random` is always a half, so that a wait is what its name says. */
  worker(): ForwardingWorker {
    return this.workerOn(this.store.outbox);
  }

  workerOn(outbox: OutboxStore): ForwardingWorker {
    const { clock } = this;
    const real = new MessageSender({ outbox, client: this.#client, secretBox: SECRET_BOX, clock, version: "1" });
    const sender: Pick<MessageSender, "send"> = {
      send: (...given) => {
        this.#sending += 1;
        return real.send(...given).finally(() => (this.#sending -= 1));
      },
    };
    const onFailure = (error: unknown) => this.failures.push(error);
    const worker = new ForwardingWorker({ outbox, leases: this.store.leases, sender, clock, random: () => 0.5, onFailure });
    onTestFinished(() => worker.close());
    return worker;
  }

  /** Commits a call about these customers, whose body says the text, and gives its id. */
  async call(body: string, ...names: readonly string[]): Promise<string> {
    const writes = names.map((name) => ({ changes: { emailaddress: `${name}@example.com` }, deduplicateBy: this.#fieldSetId }));
    return this.commit({ ...newPendingCall(this.webhook, writes.length > 0 ? writes : null, { body, receivedAt: this.clock.now() }) });
  }

  async commit(call: PendingCall): Promise<string> {
    const [outcome] = await this.store.calls.commitCalls([{ ...call, forwardTo: this.target.id }]);
    expect(["accepted", "sample"]).toContain(outcome?.kind);
    return call.call.id;
  }

  /** Lets the worker look, and waits until the outbox is as the test says. */
  async until(worker: ForwardingWorker, waiting: number, dead = 0): Promise<void> {
    await worker.tick();
    await expect.poll(() => this.store.targets.countMessages(DEFAULT_BRAND_ID, this.target.id), { interval: 5, timeout: 30_000 }).toEqual({ waiting, dead });
  }

  /** Moves the clock to the next attempt of the message that has waited longest, and lets it be made. */
  async toNextAttempt(worker: ForwardingWorker): Promise<void> {
    const { dueAt = 0 } = (await this.oldest()) ?? {};
    this.clock.advance(Math.max(0, dueAt - this.clock.now()));
    await worker.tick();
    // The lease may have run out meanwhile, so that it has to be taken anew.
    this.clock.advance(LEASE);
    await this.settle(worker);
  }

  /** Moves the clock by steps that no lease outlives unseen, and lets the workers look at each. */
  async pass(milliseconds: number, ...workers: readonly ForwardingWorker[]): Promise<void> {
    for (let left = milliseconds; left > 0; left -= 2_000) {
      this.clock.advance(Math.min(left, 2_000));
      for (const worker of workers) await worker.tick();
    }
  }

  /** Lets the worker look, and waits until everything that it has begun has come back and is recorded. */
  async settle(worker: ForwardingWorker): Promise<void> {
    await worker.tick();
    await severalTurns();
    await expect.poll(() => this.#sending, { interval: 5, timeout: 30_000 }).toBe(0);
    await severalTurns();
  }

  async oldest() {
    return this.store.targets.findOldestMessage(DEFAULT_BRAND_ID, this.target.id);
  }

  async health() {
    return (await this.store.targets.findTarget(DEFAULT_BRAND_ID, this.webhook.id))!.health;
  }

  async dead() {
    return (await this.store.targets.listDeadMessages(DEFAULT_BRAND_ID, this.target.id, { limit: 100, after: null })).rows;
  }
}

/** Enough for whatever needs no network: the store in memory answers within a turn. */
async function severalTurns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}
