import { hash, timingSafeEqual } from "node:crypto";

/** The block of SHA-256, and so the longest key, in bytes. */
const BLOCK = 64;
export const MAC_BYTES = 32;
/** Bytes of what is sealed for which no buffer of its own is made. */
const ROOM = 512;

/**
 * HMAC-SHA256 (RFC 2104) as two hashes of one call each. `createHmac` makes an object for content that comes in pieces, and costs more than twice as
 * much for the few bytes of a token. The code is the last thing in what is sealed, and covers everything before it.
 */
export class MacKey {
  /** Behind its block what is being sealed, where that is as short as a token. */
  readonly #inner = Buffer.alloc(BLOCK + ROOM + MAC_BYTES, 0x36);
  /** Behind its block the inner hash of what was sealed last. */
  readonly #outer = Buffer.alloc(BLOCK + MAC_BYTES, 0x5c);

  constructor(key: Uint8Array) {
    if (key.length > BLOCK) throw new RangeError("A longer key would have to be hashed first.");
    for (const [index, byte] of key.entries()) {
      this.#inner[index]! ^= byte;
      this.#outer[index]! ^= byte;
    }
  }

  /** Writes the code over the last 32 bytes. */
  seal(bytes: Buffer): void {
    bytes.write(this.#codeOf(bytes), bytes.length - MAC_BYTES, "latin1");
  }

  hasSealed(bytes: Buffer): boolean {
    return bytes.length >= MAC_BYTES && timingSafeEqual(Buffer.from(this.#codeOf(bytes), "latin1"), bytes.subarray(-MAC_BYTES));
  }

  #contentOf(bytes: Buffer): Buffer {
    const length = bytes.length - MAC_BYTES;
    if (length > ROOM) return Buffer.concat([this.#inner.subarray(0, BLOCK), bytes], BLOCK + length);
    this.#inner.set(bytes, BLOCK);
    return this.#inner.subarray(0, BLOCK + length);
  }

  /** As text with a character for each byte: a Buffer would cost more than the hash. */
  #codeOf(bytes: Buffer): string {
    this.#outer.write(hash("sha256", this.#contentOf(bytes), "binary"), BLOCK, "latin1");
    return hash("sha256", this.#outer, "binary");
  }
}
