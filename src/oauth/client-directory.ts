import type { Changes } from "../lib/changes.ts";
import { isId } from "../lib/id.ts";
import { TopicCache } from "../lib/topic-cache.ts";
import type { Client } from "./client.ts";
import type { ClientStore } from "./oauth-store.ts";

/** Clients by id, from memory while no application has changed. */
export class ClientDirectory {
  readonly #cache: TopicCache<Client>;

  constructor(clients: ClientStore, changes: Changes) {
    this.#cache = new TopicCache(changes, ["applications"], (clientId) => clients.findClient(clientId));
  }

  async find(clientId: string): Promise<Client | undefined> {
    return isId(clientId) ? this.#cache.find(clientId) : undefined;
  }
}
