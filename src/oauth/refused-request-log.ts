import { BackgroundWriter } from "../lib/background-writer.ts";
import type { Clock } from "../lib/clock.ts";
import { newTimeOrderedId } from "../lib/id.ts";
import type { ClientDirectory } from "./client-directory.ts";
import type { Refusal } from "./oauth-request.ts";
import type { RefusedRequestStore } from "./oauth-store.ts";
import type { RefusedRequest, RefusedStranger } from "./refused-request.ts";

interface RefusedRequestLogDeps {
  readonly refusedRequests: RefusedRequestStore;
  readonly clients: ClientDirectory;
  readonly clock: Clock;
  readonly onFailure: (error: unknown) => void;
}

type TimedRefusal = Refusal & { readonly refusedAt: number };

/** Keeps what each application was refused, for its owner to see why, and what strangers were, for the operator: the wire says no more than the RFC asks. */
export class RefusedRequestLog {
  readonly #deps: RefusedRequestLogDeps;
  readonly #writer: BackgroundWriter<TimedRefusal>;

  constructor(deps: RefusedRequestLogDeps) {
    this.#deps = deps;
    this.#writer = new BackgroundWriter({ onFailure: deps.onFailure, write: (refusals) => this.#write(refusals) });
  }

  add(refusal: Refusal): void {
    this.#writer.add({ ...refusal, refusedAt: this.#deps.clock.now() });
  }

  /** Writes what waits. */
  close(): Promise<void> {
    return this.#writer.close();
  }

  async #write(refusals: readonly TimedRefusal[]): Promise<void> {
    const requests: RefusedRequest[] = [];
    const strangers: RefusedStranger[] = [];
    for (const { clientId, path, address, sentRedirectUri, ...refusal } of refusals) {
      const refused = { ...refusal, id: newTimeOrderedId(refusal.refusedAt) };
      // Anybody can name any client; only what names one that there is goes into its log.
      const client = clientId === null ? undefined : await this.#deps.clients.find(clientId);
      if (!client) strangers.push({ ...refused, path, address, clientId });
      else requests.push({ ...refused, brandId: client.brandId, clientId: client.clientId, sentRedirectUri });
    }
    if (requests.length > 0) await this.#deps.refusedRequests.insertRefusedRequests(requests);
    if (strangers.length > 0) await this.#deps.refusedRequests.insertRefusedStrangers(strangers);
  }
}
