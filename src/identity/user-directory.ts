import type { Changes } from "../lib/changes.ts";
import type { Clock } from "../lib/clock.ts";
import { isId } from "../lib/id.ts";
import { TopicCache } from "../lib/topic-cache.ts";
import type { UserStore } from "./identity-store.ts";
import { lastActivityOf, lastingAdminOf, type Standing } from "./inactivity.ts";
import type { User } from "./user.ts";

interface UserDirectoryDeps {
  readonly users: UserStore;
  readonly changes: Changes;
  readonly clock: Clock;
  /** How long after their last activity users become inactive, in milliseconds; null: never. */
  readonly inactivityLimit: number | null;
}

/**
 * Users by brand and id, from memory while none has changed or signed in: for the checks that every call makes of its owner. What is
 * remembered are times, never a verdict: users become inactive without anybody writing it down.
 */
export class UserDirectory {
  readonly #users: TopicCache<User>;
  /** Ids by brand. */
  readonly #lastingAdmins: TopicCache<string>;
  readonly #clock: Clock;
  readonly #limit: number | null;

  constructor({ users, changes, clock, inactivityLimit }: UserDirectoryDeps) {
    this.#users = new TopicCache(changes, ["users"], (key) => {
      const [brandId = "", userId = ""] = key.split(" ");
      return users.findUser(brandId, userId);
    });
    this.#lastingAdmins = new TopicCache(changes, ["users"], async (brandId) => lastingAdminOf(await users.listActiveAdmins(brandId))?.id);
    this.#clock = clock;
    this.#limit = inactivityLimit;
  }

  async find(brandId: string, userId: string): Promise<User | undefined> {
    return isId(brandId) && isId(userId) ? this.#users.find(`${brandId} ${userId}`) : undefined;
  }

  async isActive(brandId: string, userId: string): Promise<boolean> {
    const user = await this.find(brandId, userId);
    return user !== undefined && (await this.standingOf(user)).kind === "active";
  }

  /** What the user counts for at this moment. */
  async standingOf(user: User): Promise<Standing> {
    if (user.status !== "active") return { kind: user.status };
    if (this.#limit === null) return { kind: "active", until: null };
    // Members need no further look, and they are who calls come from.
    if (user.role === "admin" && (await this.#lastingAdmins.find(user.brandId)) === user.id) return { kind: "active", until: null };
    const until = lastActivityOf(user) + this.#limit;
    return this.#clock.now() < until ? { kind: "active", until } : { kind: "inactive" };
  }
}
