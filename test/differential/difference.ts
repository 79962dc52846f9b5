/** A difference between the answers of the two servers, and what a reason for it says. */
import type { Outcome } from "./outcome.ts";

export interface Difference {
  readonly className: string;
  readonly caseName: string;
  readonly aspects: readonly string[];
  readonly hookgate: Outcome;
  readonly oidcProvider: Outcome;
}

export interface Reason {
  readonly title: string;
  readonly right: "Hookgate" | "oidc-provider" | "both";
  /** With the sections that decide. */
  readonly why: string;
  /** Which requests, as `class: case`. */
  readonly where: RegExp;
  /** What differs, with the value of Hookgate and that of oidc-provider where these decide. */
  readonly differs: Readonly<Record<string, readonly [hookgate: string | RegExp, oidcProvider: string | RegExp]>>;
  /** What else differs along with it. */
  readonly along?: readonly string[];
}

const fits = (expected: string | RegExp, value: string | undefined) =>
  value !== undefined && (typeof expected === "string" ? expected === value : expected.test(value));

/** Whether the reason explains the aspect of the difference. */
export function explains(reason: Reason, difference: Difference, aspect: string): boolean {
  const { className, caseName, hookgate, oidcProvider } = difference;
  if (!(aspect in reason.differs) && !reason.along?.includes(aspect)) return false;
  const isSo = Object.entries(reason.differs).every(([name, [ours, theirs]]) => fits(ours, hookgate[name]) && fits(theirs, oidcProvider[name]));
  return isSo && reason.where.test(`${className}: ${caseName}`);
}
