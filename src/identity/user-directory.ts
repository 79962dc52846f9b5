import type { Changes } from "../lib/changes.ts";
import type { Clock } from "../lib/clock.ts";
import { isId } from "../lib/id.ts";
import { whenKnown, type Soon } from "../lib/soon.ts";
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
      return isId(brandId) && isId(userId) ? users.findUser(brandId, userId) : Promise.resolve(undefined);
    });
    this.#lastingAdmins = new TopicCache(changes, ["users"], async (brandId) => lastingAdminOf(await users.listActiveAdmins(brandId))?.id);
    this.#clock = clock;
    this.#limit = inactivityLimit;
  }

  find(brandId: string, userId: string): Soon<User | undefined> {
    return this.#users.find(`${brandId} ${userId}`);
  }

  isActive(brandId: string, userId: string): Soon<boolean> {
    return whenKnown(this.find(brandId, userId), (user) => user !== undefined && whenKnown(this.standingOf(user), ({ kind }) => kind === "active"));
  }

  /** What the user counts for at this moment. */
  standingOf(user: User): Soon<Standing> {
    if (user.status !== "active") return { kind: user.status };
    if (this.#limit === null) return { kind: "active", until: null };
    // Members need no further look, and they are who calls come from.
    const until = lastActivityOf(user) + this.#limit;
    if (user.role !== "admin") return this.#standingUntil(until);
    return whenKnown(this.#lastingAdmins.find(user.brandId), (lasting) => (lasting === user.id ? { kind: "active", until: null } : this.#standingUntil(until)));
  }

  #standingUntil(until: number): Standing {
    return this.#clock.now() < until ? { kind: "active", until } : { kind: "inactive" };
  }
}
