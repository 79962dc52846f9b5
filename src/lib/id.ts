import { randomFillSync, randomUUID } from "node:crypto";

/** An id that nobody can guess: a random UUID (version 4, 122 random bits). For clients, webhooks, users and anything that a stranger may name. */
export function newRandomId(): string {
  return randomUUID();
}

let lastMilliseconds = 0;
let counter = 0;
const randomness = new Uint8Array(1024);
let randomnessUsed = randomness.length;

/**
 * An id that sorts by time of making: a UUID version 7 (RFC 9562 section 5.7), so that inserts append to the index instead of
 * scattering over it. Strictly increasing within a process, also when the clock stands still or steps back: the 12 bits
 * after the time are a counter (RFC 9562 section 6.2, method 1) that borrows a millisecond from the future when it overflows.
 */
export function newTimeOrderedId(now: number): string {
  if (now > lastMilliseconds) {
    lastMilliseconds = now;
    counter = 0;
  } else if (++counter > 0xfff) {
    lastMilliseconds += 1;
    counter = 0;
  }
  if (randomnessUsed + 8 > randomness.length) {
    randomFillSync(randomness);
    randomnessUsed = 0;
  }
  const time = lastMilliseconds.toString(16).padStart(12, "0");
  let tail = "";
  for (let i = 0; i < 8; i++) {
    const byte = randomness[randomnessUsed++]!;
    tail += (i === 0 ? (byte & 0x3f) | 0x80 : byte).toString(16).padStart(2, "0");
  }
  return `${time.slice(0, 8)}-${time.slice(8)}-7${counter.toString(16).padStart(3, "0")}-${tail.slice(0, 4)}-${tail.slice(4)}`;
}

/** No id that `newTimeOrderedId` makes at this moment or later sorts before this text. */
export function lowestIdAt(time: number): string {
  const hex = time.toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
}

/** When a time-ordered id, or the beginning of one, was made. */
export function timeOfId(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether the text has the form of an id of ours: a lower-case UUID. Saves a look-up for what cannot exist. */
export function isId(text: string): boolean {
  return UUID.test(text);
}
