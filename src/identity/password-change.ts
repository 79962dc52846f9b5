import type { AttemptStore } from "../lib/attempt-store.ts";
import type { Clock } from "../lib/clock.ts";
import { digestOf } from "../lib/secret.ts";
import type { UserStore } from "./identity-store.ts";
import { hashPassword, passwordProblem, verifyPassword } from "./password.ts";
import { SignInThrottle } from "./sign-in-throttle.ts";
import type { Invalid } from "./user-service.ts";

/** A signed-in user's change of the own password, which needs the present one: a borrowed session must not become somebody's for good. */
export class PasswordChange {
  readonly #users: UserStore;
  readonly #throttle: SignInThrottle;
  readonly #clock: Clock;
  readonly #revocationLifetime: number;

  /** `revocationLifetime`: how long the revocation of what applications got must stand, in milliseconds. */
  constructor(deps: { readonly users: UserStore; readonly attempts: AttemptStore; readonly clock: Clock; readonly revocationLifetime: number }) {
    this.#users = deps.users;
    this.#throttle = new SignInThrottle(deps.attempts, deps.clock);
    this.#clock = deps.clock;
    this.#revocationLifetime = deps.revocationLifetime;
  }

  /** On "changed" every other session of the user has ended. Wrong present passwords count like failed sign-ins. `retryAt` is in epoch milliseconds. */
  async change(input: {
    readonly brandId: string;
    readonly userId: string;
    readonly email: string;
    readonly present: string;
    readonly next: string;
    readonly sessionSecret: string;
    readonly address: string;
    /** Whether what applications got by the user's consent ends as well. */
    readonly endsGrants: boolean;
  }): Promise<{ readonly kind: "changed" } | { readonly kind: "throttled"; readonly retryAt: number } | Invalid> {
    const { brandId, userId, email, present, next } = input;
    const problem = passwordProblem(next, email) ?? (present === next ? "Choose a password that is not the present one." : undefined);
    if (problem !== undefined) return { kind: "invalid", errors: { password: problem } };

    const admission = await this.#throttle.admit(email, input.address);
    if (admission.kind === "throttled") return admission;
    const passwordHash = (await this.#users.findUserByEmail(email))?.passwordHash ?? null;
    if (passwordHash === null || (await verifyPassword(present, passwordHash)) === "wrong") return wrongPresent();
    await this.#throttle.succeeded(email, input.address);

    const change = { from: passwordHash, to: await hashPassword(next) };
    const now = this.#clock.now();
    const endedGrants = input.endsGrants ? { now, revokedUntil: now + this.#revocationLifetime } : null;
    // Not changed: another tab was quicker, so what was typed is no longer the present password.
    return (await this.#users.changePassword(brandId, userId, change, digestOf(input.sessionSecret), endedGrants)) ? { kind: "changed" } : wrongPresent();
  }
}

function wrongPresent(): Invalid {
  return { kind: "invalid", errors: { present_password: "This is not your present password." } };
}
