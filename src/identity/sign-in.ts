/**
 * Signing in and out: from an e-mail address and a password, or from a one-time link that was just redeemed, to a session. It
 * owns the order of the checks (throttle, slow hash, session); it must not know pages, cookies or who asks for the sign-in.
 */
import type { AttemptStore } from "../lib/attempt-store.ts";
import { MINUTE, type Clock } from "../lib/clock.ts";
import { digestOf, newSecret } from "../lib/secret.ts";
import type { SessionStore, UserStore } from "./identity-store.ts";
import { hashPassword, PasswordsBusy, verifyAgainstNobody, verifyPassword } from "./password.ts";
import { SignInThrottle } from "./sign-in-throttle.ts";
import type { UserDirectory } from "./user-directory.ts";
import { canonicalEmail, SESSION_LIFETIME, type User } from "./user.ts";

export interface SignInAttempt {
  readonly email: string;
  readonly password: string;
  /** Network address that the attempt comes from. */
  readonly address: string;
  /** The session that the browser had until now; it ends when the sign-in succeeds. */
  readonly replacedSession?: string | undefined;
}

export type SignInResult = { readonly kind: "signed-in"; readonly user: User; readonly sessionSecret: string } | SignInRefusal;

export type SignInRefusal =
  /** No such user, no password yet, or another password: the same for a stranger. */
  | { readonly kind: "wrong" }
  /** The password was right, but an admin has switched the user off. */
  | { readonly kind: "deactivated" }
  /** The password was right, but the user was away for too long and an admin has to let it in again. */
  | { readonly kind: "inactive" }
  /** Whether the password was right was not looked at. `retryAt` is in epoch milliseconds. */
  | { readonly kind: "throttled"; readonly retryAt: number };

export class SignIn {
  readonly #users: UserStore;
  readonly #directory: UserDirectory;
  readonly #sessions: SessionStore;
  readonly #throttle: SignInThrottle;
  readonly #clock: Clock;
  readonly #revocationLifetime: number;

  constructor(deps: {
    readonly users: UserStore;
    readonly directory: UserDirectory;
    readonly sessions: SessionStore;
    readonly attempts: AttemptStore;
    readonly clock: Clock;
    /** How long the revocation of what applications got must stand, in milliseconds. */
    readonly revocationLifetime: number;
  }) {
    this.#users = deps.users;
    this.#directory = deps.directory;
    this.#sessions = deps.sessions;
    this.#throttle = new SignInThrottle(deps.attempts, deps.clock);
    this.#clock = deps.clock;
    this.#revocationLifetime = deps.revocationLifetime;
  }

  /** A session opened here is always a new one, so that nobody can plant one before the sign-in (session fixation). */
  async attempt({ email, password, address, replacedSession }: SignInAttempt): Promise<SignInResult> {
    // A form sent too early is no guess.
    if (email.trim() === "" || password === "") return { kind: "wrong" };
    const admission = await this.#throttle.admit(email, address);
    if (admission.kind === "throttled") return admission;

    const found = await this.#users.findUserByEmail(canonicalEmail(email));
    const passwordHash = found?.passwordHash ?? null;
    let verdict: Awaited<ReturnType<typeof verifyPassword>>;
    let rehashed: string | null = null;
    try {
      verdict = passwordHash === null ? await verifyAgainstNobody(password) : await verifyPassword(password, passwordHash);
      if (verdict === "right-but-rehash") rehashed = await hashPassword(password);
    } catch (error) {
      if (error instanceof PasswordsBusy) return { kind: "throttled", retryAt: this.#clock.now() + MINUTE };
      throw error;
    }
    if (!found || passwordHash === null || verdict === "wrong") return { kind: "wrong" };

    await this.#throttle.succeeded(email, address);
    const standing = await this.#directory.standingOf(found.user);
    if (standing.kind !== "active") return { kind: standing.kind === "inactive" ? "inactive" : "deactivated" };
    const sessionSecret = await this.#open(found.user, { passwordHash, rehashed }, replacedSession);
    return sessionSecret === undefined ? { kind: "wrong" } : { kind: "signed-in", user: found.user, sessionSecret };
  }

  /** Signs in somebody who has just set this password by a one-time link. Undefined when the user was switched off in that moment. */
  async openFor(user: User, passwordHash: string, replacedSession: string | undefined): Promise<string | undefined> {
    return this.#open(user, { passwordHash, rehashed: null }, replacedSession);
  }

  /** Ends the session on the server, so that a copy of its cookie is worth nothing. Idempotent. */
  async signOut(sessionSecret: string): Promise<void> {
    await this.#sessions.deleteSession(digestOf(sessionSecret));
  }

  /** Ends every session of the user, in every browser; with `endsGrants` also what applications got by the user's consent. */
  async signOutEverywhere(brandId: string, userId: string, endsGrants: boolean): Promise<void> {
    const now = this.#clock.now();
    await this.#sessions.deleteSessionsOf(brandId, userId, endsGrants ? { now, revokedUntil: now + this.#revocationLifetime } : null);
  }

  async #open(
    user: User,
    proof: { readonly passwordHash: string; readonly rehashed: string | null },
    replacedSession: string | undefined,
  ): Promise<string | undefined> {
    const sessionSecret = newSecret("");
    const now = this.#clock.now();
    const session = { digest: digestOf(sessionSecret), userId: user.id, brandId: user.brandId, createdAt: now, expiresAt: now + SESSION_LIFETIME };
    if (!(await this.#sessions.insertSession(session, proof))) return undefined;
    if (replacedSession !== undefined) await this.signOut(replacedSession);
    return sessionSecret;
  }
}
