import type { Changes } from "../lib/changes.ts";
import { isId } from "../lib/id.ts";
import { TopicCache } from "../lib/topic-cache.ts";
import type { UserStore } from "./identity-store.ts";
import type { User } from "./user.ts";

/**
 * Users by brand and id, from memory while none has changed: for the checks that every call makes of its owner. Signing in
 * raises no topic, so `signedInAt` may be an older one here.
 */
export class UserDirectory {
  readonly #cache: TopicCache<User>;

  constructor(users: UserStore, changes: Changes) {
    this.#cache = new TopicCache(changes, ["users"], (key) => {
      const [brandId = "", userId = ""] = key.split(" ");
      return users.findUser(brandId, userId);
    });
  }

  async find(brandId: string, userId: string): Promise<User | undefined> {
    return isId(brandId) && isId(userId) ? this.#cache.find(`${brandId} ${userId}`) : undefined;
  }

  async isActive(brandId: string, userId: string): Promise<boolean> {
    return (await this.find(brandId, userId))?.status === "active";
  }
}
