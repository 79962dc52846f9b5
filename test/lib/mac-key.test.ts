import { createHmac, randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { MAC_BYTES, MacKey } from "../../src/keys/mac-key.ts";

const sealed = (key: Uint8Array, content: Uint8Array) => {
  const bytes = Buffer.concat([content, Buffer.alloc(MAC_BYTES)]);
  new MacKey(key).seal(bytes);
  return bytes;
};

test("the code is that of node:crypto, for keys and contents of every length around a block", () => {
  for (const keyLength of [0, 1, 20, 32, 63, 64]) {
    for (const length of [0, 1, 54, 55, 56, 63, 64, 65, 110, 480, 481, 512, 513, 4_000]) {
      const key = randomBytes(keyLength);
      const content = randomBytes(length);
      expect(sealed(key, content)).toEqual(Buffer.concat([content, createHmac("sha256", key).update(content).digest()]));
    }
  }
});

const code = (key: Uint8Array, text: string) => sealed(key, Buffer.from(text)).toString("hex", text.length);

test("test cases 1 and 2 of RFC 4231", () => {
  expect(code(Buffer.alloc(20, 0x0b), "Hi There")).toBe("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  expect(code(Buffer.from("Jefe"), "what do ya want for nothing?")).toBe("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
});

test("one changed bit anywhere, another key or a cut end is not sealed", () => {
  const key = randomBytes(32);
  const bytes = sealed(key, randomBytes(40));
  const macKey = new MacKey(key);
  expect(macKey.hasSealed(bytes)).toBe(true);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const changed = Buffer.from(bytes);
    changed[bit >> 3]! ^= 1 << (bit & 7);
    expect(macKey.hasSealed(changed)).toBe(false);
  }
  expect(new MacKey(randomBytes(32)).hasSealed(bytes)).toBe(false);
  for (let length = 0; length < bytes.length; length++) expect(macKey.hasSealed(bytes.subarray(0, length))).toBe(false);
});

test("codes of one key do not depend on what it sealed before", () => {
  const key = new MacKey(randomBytes(32));
  const first = Buffer.concat([Buffer.from("first"), Buffer.alloc(MAC_BYTES)]);
  key.seal(first);
  const again = Buffer.from(first);
  key.seal(Buffer.alloc(100));
  key.seal(again);
  expect(again).toEqual(first);
});

test("a key that is longer than a block is refused", () => {
  expect(() => new MacKey(Buffer.alloc(65))).toThrow(RangeError);
});
