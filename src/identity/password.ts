/**
 * People's passwords: what is accepted as one, and how it is kept. Argon2id with the parameters that OWASP names as the floor for
 * interactive sign-in; a slow hash because people choose passwords that can be guessed (secrets of our own making never pass here).
 */
import { argon2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

interface Parameters {
  readonly memoryKib: number;
  readonly passes: number;
  readonly parallelism: number;
}

/** Today's price of one guess: 19 MiB and about 50 ms of CPU. Stored hashes that cost less are replaced at the next sign-in. */
const TODAY: Parameters = { memoryKib: 19_456, passes: 2, parallelism: 1 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;

export const MIN_PASSWORD_CHARACTERS = 12;
const MAX_PASSWORD_CHARACTERS = 1_024;

/** What attackers try first among passwords that are long enough. A short list on purpose: length does the work. */
const OBVIOUS = new Set([
  "123456789012",
  "1234567890123",
  "12345678901234",
  "123456789123456789",
  "1q2w3e4r5t6y",
  "1qaz2wsx3edc",
  "abcdefghijkl",
  "administrator",
  "changemechangeme",
  "correcthorsebatterystaple",
  "hookgatehookgate",
  "iloveyouiloveyou",
  "letmeinletmein",
  "password1234",
  "password12345",
  "password123456",
  "password1234!",
  "passwordpassword",
  "qwertyuiop12",
  "qwertyuiop123",
  "qwertyuiopasdfghjkl",
  "welcomewelcome",
]);

/** Why this cannot be somebody's password, as a sentence for the person; undefined when it can. There are no rules of composition. */
export function passwordProblem(password: string, email?: string): string | undefined {
  const characters = Array.from(password.normalize("NFC"));
  if (characters.length < MIN_PASSWORD_CHARACTERS) return `Enter at least ${MIN_PASSWORD_CHARACTERS} characters.`;
  if (characters.length > MAX_PASSWORD_CHARACTERS) return `Enter at most ${MAX_PASSWORD_CHARACTERS.toLocaleString("en")} characters.`;
  const plain = password.trim().toLowerCase();
  if (email !== undefined && plain === email.toLowerCase()) return "Choose a password that is not the e-mail address.";
  if (OBVIOUS.has(plain) || new Set(characters).size === 1) return "Choose a password that is harder to guess: this is one of the first that attackers try.";
  return undefined;
}

/** The password as a PHC string (`$argon2id$v=19$m=…,t=…,p=…$salt$hash`) with a fresh salt. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  return toPhc(TODAY, salt, await derive(password, salt, TODAY, HASH_BYTES));
}

/** `right-but-rehash`: right, and stored with weaker parameters than today's, so store a new hash. Throws when `phc` is not a hash of ours. */
export async function verifyPassword(password: string, phc: string): Promise<"right" | "right-but-rehash" | "wrong"> {
  const { parameters, salt, hash } = fromPhc(phc);
  const derived = await derive(password, salt, parameters, hash.length);
  if (!timingSafeEqual(derived, hash)) return "wrong";
  return parameters.memoryKib < TODAY.memoryKib || parameters.passes < TODAY.passes ? "right-but-rehash" : "right";
}

const NOBODY = toPhc(TODAY, randomBytes(SALT_BYTES), randomBytes(HASH_BYTES));

/** Costs what `verifyPassword` costs, so that the time of an answer does not tell whether an address has a user. */
export async function verifyAgainstNobody(password: string): Promise<"wrong"> {
  await verifyPassword(password, NOBODY);
  return "wrong";
}

function toPhc({ memoryKib, passes, parallelism }: Parameters, salt: Buffer, hash: Buffer): string {
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${parallelism}$${unpadded(salt)}$${unpadded(hash)}`;
}

const PHC = /^\$argon2id\$v=19\$m=(\d{1,8}),t=(\d{1,4}),p=(\d{1,3})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{16,86})$/;

function fromPhc(phc: string): { readonly parameters: Parameters; readonly salt: Buffer; readonly hash: Buffer } {
  const [, memoryKib, passes, parallelism, salt, hash] = PHC.exec(phc) ?? [];
  if (salt === undefined || hash === undefined) throw new Error("A stored password hash is not an argon2id PHC string.");
  return {
    parameters: { memoryKib: Number(memoryKib), passes: Number(passes), parallelism: Number(parallelism) },
    salt: Buffer.from(salt, "base64"),
    hash: Buffer.from(hash, "base64"),
  };
}

/** The PHC format uses base64 without padding. */
function unpadded(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "");
}

const argon2id = promisify(argon2);

/** Half of libuv's four threads: a flood of sign-ins must leave the others to DNS look-ups and files. Bounds memory to 2 x 19 MiB. */
const MAX_RUNNING = 2;
/** About five seconds of waiting on the smallest machine; who comes later is told to come back instead of being kept. */
const MAX_WAITING = 100;

/** More password checks wait than can be answered in time. */
export class PasswordsBusy extends Error {
  constructor() {
    super("Too many passwords wait to be hashed.");
  }
}

let running = 0;
const waiting: (() => void)[] = [];

async function derive(password: string, salt: Buffer, { memoryKib, passes, parallelism }: Parameters, tagLength: number): Promise<Buffer> {
  if (running < MAX_RUNNING) running += 1;
  else if (waiting.length >= MAX_WAITING) throw new PasswordsBusy();
  else await new Promise<void>((resolve) => waiting.push(resolve)); // The one that ends hands its place over.
  try {
    // NFC: keyboards differ in how they compose the same letters (RFC 8265 section 4.2).
    const message = password.normalize("NFC");
    return await argon2id("argon2id", { message, nonce: salt, parallelism, tagLength, memory: memoryKib, passes });
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }
}
