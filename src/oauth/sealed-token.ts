/**
 * What sealed tokens of every kind have in common, big-endian: version 1 | key id 4 | what the kind says | HMAC-SHA256 32. On the wire a
 * prefix and the base64url of it. This file owns the seal; what stands within it is for the kinds.
 */
import type { KeyRing, MacPurpose, RingKey } from "../keys/key-ring.ts";
import { MAC_BYTES } from "../keys/mac-key.ts";

const VERSION = 1;
const KEY_ID = 1;
/** Where the kind's own part begins. */
export const CONTENT = 5;
export const ID_BYTES = 16;

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

/** Writes ids one after the other. */
export function writeIds(bytes: Buffer, offset: number, ids: readonly string[]): void {
  bytes.write(ids.join("").replaceAll("-", ""), offset, "hex");
}

export function readId(bytes: Buffer, offset: number): string {
  const hex = bytes.toString("hex", offset, offset + ID_BYTES);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
