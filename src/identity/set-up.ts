import type { Clock } from "../lib/clock.ts";
import { digestOf, newSecret } from "../lib/secret.ts";
import type { SetUpStore, UserStore } from "./identity-store.ts";
import { hashPassword } from "./password.ts";
import { LINK_LIFETIME, type User } from "./user.ts";
import { EMAIL_TAKEN, parseUserWithPassword } from "./user-fields.ts";
import { newUser, type Invalid } from "./user-service.ts";

/** Whether a set-up link can be used: `over` means that an active admin exists, whoever made it. */
export type SetUpState = "open" | "over" | "unknown-link";

/** Making the first admin by a one-time link that only who starts the server sees. Set-up mode ends for good with any active admin. */
export class SetUp {
  readonly #store: SetUpStore;
  readonly #users: UserStore;
  readonly #clock: Clock;
  readonly #brandId: string;

  /** The first admin belongs to the brand of the given id. */
  constructor(deps: { readonly setUp: SetUpStore; readonly users: UserStore; readonly clock: Clock; readonly brandId: string }) {
    this.#store = deps.setUp;
    this.#users = deps.users;
    this.#clock = deps.clock;
    this.#brandId = deps.brandId;
  }

  /** The path of a new one-time link, which works for seven days; null when set-up is over. Links given before go on working. */
  async openLink(): Promise<string | null> {
    if (await this.#users.hasActiveAdmin()) return null;
    const secret = newSecret("");
    await this.#store.insertSetUpLink(digestOf(secret), this.#clock.now() + LINK_LIFETIME);
    return `/setup/${secret}`;
  }

  async isOver(): Promise<boolean> {
    return this.#users.hasActiveAdmin();
  }

  async state(secret: string): Promise<SetUpState> {
    if (await this.#users.hasActiveAdmin()) return "over";
    return (await this.#store.isSetUpLinkOpen(digestOf(secret), this.#clock.now())) ? "open" : "unknown-link";
  }

  /** Makes the first admin; of many at once, one gets "made". Nothing slow happens for a link that is not open. */
  async complete(
    secret: string,
    typed: { readonly name: string; readonly email: string; readonly password: string },
  ): Promise<{ readonly kind: "made"; readonly user: User; readonly passwordHash: string } | { readonly kind: "link-not-open" } | Invalid> {
    if ((await this.state(secret)) !== "open") return { kind: "link-not-open" };
    const parsed = parseUserWithPassword({ ...typed, role: "admin" });
    if (!parsed.ok) return { kind: "invalid", errors: parsed.errors };
    const now = this.#clock.now();
    const user = newUser(this.#brandId, parsed.fields, "active", now);
    const passwordHash = await hashPassword(typed.password);
    const outcome = await this.#store.redeemSetUpLink(digestOf(secret), user, passwordHash, now);
    if (outcome === "made") return { kind: "made", user, passwordHash };
    return outcome === "email-taken" ? { kind: "invalid", errors: { email: EMAIL_TAKEN } } : { kind: "link-not-open" };
  }
}
