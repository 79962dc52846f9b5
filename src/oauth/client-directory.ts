import type { Changes } from "../lib/changes.ts";
import { isId, newRandomId } from "../lib/id.ts";
import { whenKnown, type Soon } from "../lib/soon.ts";
import { TopicCache } from "../lib/topic-cache.ts";
import type { Client } from "./client.ts";
import type { ClientStore } from "./oauth-store.ts";

/** The id of no client. */
const NOBODY = newRandomId();

/**
 * Clients by id, from memory while no application has changed. An unknown one is looked up in the store each time, so that the time
 * which that takes can be spent for a known one as well.
 */
export class ClientDirectory {
  readonly #cache: TopicCache<Client>;

  constructor(clients: ClientStore, changes: Changes) {
    this.#cache = new TopicCache(changes, ["applications"], (clientId) => clients.findClient(isId(clientId) ? clientId : NOBODY), { remembersAbsence: false });
  }

  find(clientId: string): Soon<Client | undefined> {
    return this.#cache.find(clientId);
  }

  /** Takes as long as finding out that a client is unknown. */
  findNobody(): Soon<undefined> {
    return whenKnown(this.#cache.find(NOBODY), () => undefined);
  }
}
