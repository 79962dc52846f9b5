import { HOUR, MINUTE, SECOND } from "../lib/clock.ts";

/** How often a message is tried before it is dead: with these waits, for about a day. */
export const MAX_ATTEMPTS = 32;
/** Of a message that the target has read and refused as it is: it will not like it better tomorrow, and what is behind it waits. About two minutes. */
export const MAX_REFUSED_ATTEMPTS = 6;

/** Waits of a message double from the first to the longest. */
const FIRST = 5 * SECOND;
const LONGEST = HOUR;
/** While a target fails altogether one message at a time is tried, so that it is seen within this time that it is back. */
const LONGEST_PAUSE = 5 * MINUTE;

/** How long a message waits after so many failed attempts. `random`: from 0 up to 1; what failed together is not tried again together. */
export function waitAfter(attempts: number, random: number): number {
  return jittered(Math.min(FIRST * 2 ** (attempts - 1), LONGEST), random);
}

/** How long nothing is sent to a target after so many failures in a row. */
export function pauseAfter(failures: number, random: number): number {
  return jittered(Math.min(FIRST * 2 ** (failures - 1), LONGEST_PAUSE), random);
}

/** Three quarters of the wait, and up to half of it more. */
function jittered(wait: number, random: number): number {
  return Math.round(wait * (0.75 + random / 2));
}
