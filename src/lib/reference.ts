import { randomFillSync } from "node:crypto";

/** Crockford's base 32: without letters that are mistaken for digits when somebody reads a reference out. */
const LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const PAIRS = Array.from({ length: LETTERS.length ** 2 }, (_, index) => LETTERS[index >> 5]! + LETTERS[index & 31]!);
const PAIRS_OF_REFERENCE = 6;

/** For 256 references at a time. */
const randomness = new Uint16Array(PAIRS_OF_REFERENCE * 256);
let randomnessUsed = randomness.length;

/** Names a request in its answer, on its page and in every log: 60 random bits. */
export function newReference(): string {
  if (randomnessUsed === randomness.length) {
    randomFillSync(randomness);
    randomnessUsed = 0;
  }
  let reference = "";
  for (let pair = 0; pair < PAIRS_OF_REFERENCE; pair++) reference += PAIRS[randomness[randomnessUsed++]! % PAIRS.length]!;
  return reference;
}
