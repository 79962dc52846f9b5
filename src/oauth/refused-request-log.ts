import { BackgroundWriter } from "../lib/background-writer.ts";
import type { Clock } from "../lib/clock.ts";
import { newTimeOrderedId } from "../lib/id.ts";
import type { ClientDirectory } from "./client-directory.ts";
import type { Refusal } from "./oauth-request.ts";
import type { RefusedRequestStore } from "./oauth-store.ts";
import type { RefusedRequest } from "./refused-request.ts";

interface RefusedRequestLogDeps {
  readonly refusedRequests: RefusedRequestStore;
  readonly clients: ClientDirectory;
  readonly clock: Clock;
  readonly onFailure: (error: unknown) => void;
}

/** Keeps what each application was refused, for its owner to see why: the wire says no more than the RFC asks. */
export class RefusedRequestLog {
  readonly #deps: RefusedRequestLogDeps;
  readonly #writer: BackgroundWriter<Refusal & { readonly clientId: string; readonly refusedAt: number }>;

  constructor(deps: RefusedRequestLogDeps) {
    this.#deps = deps;
    this.#writer = new BackgroundWriter({ onFailure: deps.onFailure, write: (refusals) => this.#write(refusals) });
  }

  /** A refusal of nobody known is the operator's business only, and not kept here. */
  add(refusal: Refusal): void {
    const { clientId } = refusal;
    if (clientId !== null) this.#writer.add({ ...refusal, clientId, refusedAt: this.#deps.clock.now() });
  }

  /** Writes what waits. */
  close(): Promise<void> {
    return this.#writer.close();
  }

  async #write(refusals: readonly (Refusal & { readonly clientId: string; readonly refusedAt: number })[]): Promise<void> {
    const requests: RefusedRequest[] = [];
    for (const { clientId, refusedAt, reference, error, reason } of refusals) {
      // Anybody can name any client; only what names one that there is goes into a log.
      const client = await this.#deps.clients.find(clientId);
      if (client) requests.push({ id: newTimeOrderedId(refusedAt), brandId: client.brandId, clientId, refusedAt, reference, error, reason });
    }
    if (requests.length > 0) await this.#deps.refusedRequests.insertRefusedRequests(requests);
  }
}
