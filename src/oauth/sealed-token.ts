/**
 * What sealed tokens of every kind have in common, big-endian: version 1 | key id 4 | what the kind says | HMAC-SHA256 32. On the wire a
 * prefix and the base64url of it. This file owns the seal; what stands within it is for the kinds.
 */
import { randomFillSync } from "node:crypto";
import type { KeyRing, MacPurpose, RingKey } from "../keys/key-ring.ts";
import { MAC_BYTES } from "../keys/mac-key.ts";

const VERSION = 1;
const KEY_ID = 1;
/** Where the kind's own part begins. */
export const CONTENT = 5;
export const ID_BYTES = 16;

/** For 256 ids at a time. */
const randomness = Buffer.alloc(ID_BYTES * 256);
let randomnessUsed = randomness.length;

/** A buffer for a token whose own part has so many bytes; all of them are to be written. */
export function newSealable(contentBytes: number): Buffer {
  return Buffer.allocUnsafe(CONTENT + contentBytes + MAC_BYTES);
}

export function seal(bytes: Buffer, prefix: string, key: RingKey, purpose: MacPurpose): string {
  bytes[0] = VERSION;
  bytes.writeUInt32BE(key.id, KEY_ID);
  key.macKey(purpose).seal(bytes);
  return prefix + bytes.toString("base64url");
}

export interface OpenedToken {
  readonly key: RingKey;
  /** Everything but the code at its end. */
  readonly bytes: Buffer;
}

/** Undefined for any text that no key of the ring has sealed for this purpose. The caller has awaited `Changes.current()`. Never throws. */
export function openSealed(text: string, prefix: string, keys: KeyRing, purpose: MacPurpose): OpenedToken | undefined {
  if (!text.startsWith(prefix)) return undefined;
  const encoded = text.slice(prefix.length);
  const bytes = Buffer.from(encoded, "base64url");
  // Node decodes leniently; a token has one spelling, so that nobody who compares tokens as text can be misled.
  if (bytes.length < CONTENT + MAC_BYTES || bytes[0] !== VERSION || bytes.toString("base64url") !== encoded) return undefined;
  const key = keys.find(bytes.readUInt32BE(KEY_ID));
  return key?.macKey(purpose).hasSealed(bytes) ? { key, bytes: bytes.subarray(0, -MAC_BYTES) } : undefined;
}

/** Null is all zero. */
export function writeId(bytes: Buffer, offset: number, id: string | null): void {
  if (id === null) bytes.fill(0, offset, offset + ID_BYTES);
  else bytes.write(id.slice(0, 8) + id.slice(9, 13) + id.slice(14, 18) + id.slice(19, 23) + id.slice(24), offset, "hex");
}

/** One that nobody can guess, as `newRandomId` draws it: a UUID of version 4. To make its text only to read it again would cost ten times as much. */
export function writeRandomId(bytes: Buffer, offset: number): void {
  if (randomnessUsed === randomness.length) {
    randomFillSync(randomness);
    randomnessUsed = 0;
  }
  randomness.copy(bytes, offset, randomnessUsed, (randomnessUsed += ID_BYTES));
  bytes[offset + 6] = (bytes[offset + 6]! & 0x0f) | 0x40;
  bytes[offset + 8] = (bytes[offset + 8]! & 0x3f) | 0x80;
}

export function readId(bytes: Buffer, offset: number): string {
  const hex = bytes.toString("hex", offset, offset + ID_BYTES);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
