/** Calls counted by the hour, so that nobody has to read calls in order to count them. */
import { DAY, HOUR } from "../../lib/clock.ts";
import type { Call, CallOutcome } from "./call.ts";

/** Calls that are alike. */
export interface CallCount {
  /** When their hour began: a full hour of UTC. */
  readonly hour: number;
  readonly outcome: CallOutcome;
  readonly status: number;
  /** The least limit of a duration that they kept, in milliseconds; 0 where it is not known how long they took. */
  readonly within: number;
  readonly calls: number;
}

/** What one row of the store counts. */
export interface CallHour extends CallCount {
  readonly brandId: string;
  readonly webhookId: string;
  readonly expiresAt: number;
}

/** How long a count is kept: the dashboard looks back 22 days at most. */
const KEPT = 35 * DAY;
/** The limits of a duration are these, ten times these, and so on: near enough to tell by how much a call was slow, and few. */
const LIMITS = [1, 2, 3, 5, 7] as const;

export function hourOf(time: number): number {
  return time - (time % HOUR);
}

/** One entry for all calls that are alike. A replay is none of them: nothing came in. */
export function countByHour(calls: readonly Call[]): readonly CallHour[] {
  return countAlike(calls, ({ outcome }) => outcome, 1);
}

/** What changes in the counts when calls that were counted as waiting have been decided. */
export function countDecided(calls: readonly Call[]): readonly CallHour[] {
  return [...countAlike(calls, () => "waiting", -1), ...countByHour(calls)];
}

function countAlike(calls: readonly Call[], outcomeOf: (call: Call) => CallOutcome, each: 1 | -1): readonly CallHour[] {
  const counted = new Map<string, CallHour>();
  for (const call of calls) {
    const { brandId, webhookId, receivedAt, status, duration, fromConsole } = call;
    if (fromConsole && fromConsole.replayOf !== null) continue;
    const outcome = outcomeOf(call);
    const hour = hourOf(receivedAt);
    const within = limitOf(duration);
    const key = `${brandId} ${webhookId} ${hour} ${outcome} ${status} ${within}`;
    const before = counted.get(key)?.calls ?? 0;
    counted.set(key, { brandId, webhookId, hour, outcome, status, within, calls: before + each, expiresAt: hour + KEPT });
  }
  return [...counted.values()];
}

function limitOf(duration: number | null): number {
  if (duration === null) return 0;
  for (let scale = 1; ; scale *= 10) {
    const limit = LIMITS.find((one) => duration <= one * scale);
    if (limit !== undefined) return limit * scale;
  }
}
