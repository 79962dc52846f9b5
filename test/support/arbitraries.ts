/** What strangers may send, for fast-check: the tests try some of each, `npm run fuzz` tries very many. */
import * as fc from "fast-check";

export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.constantFrom("%zz", "%ff", "a%00b", "+", "=", "&", "%26", "\u0000", "😀"),
);

/** Bodies and queries that come close to right ones. */
export function formText(names: readonly string[], values: readonly string[]): fc.Arbitrary<string> {
  const pair = fc.tuple(fc.oneof(fc.constantFrom(...names), hostileText), fc.oneof(fc.constantFrom(...values), hostileText), fc.boolean());
  return fc
    .array(pair, { maxLength: 12 })
    .map((pairs) =>
      pairs
        .map(([name, value, raw]) => (raw ? `${name}=${value}` : `${encodeURIComponent(name.toWellFormed())}=${encodeURIComponent(value.toWellFormed())}`))
        .join("&"),
    );
}

export function encodeBasic(pair: string | Uint8Array): string {
  return `Basic ${Buffer.from(pair).toString("base64")}`;
}

/** Values of an `Authorization` header that begin, or do not even begin, like Basic. */
export const basicHeader: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.uint8Array().map(encodeBasic),
  fc.base64String().map((text) => `Basic ${text}`),
);

/** Text that is no access token of ours, up to what differs by nothing but the seal. */
export const forgedToken: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => `hga_${Buffer.from(bytes).toString("base64url")}`),
  // With our version and key id, so that the seal itself is reached.
  fc.uint8Array({ minLength: 120, maxLength: 300 }).map((bytes) => `hga_${Buffer.from([1, 0, 0, 0, 1, ...bytes]).toString("base64url")}`),
  fc.string({ minLength: 4_096, maxLength: 8_192 }).map((text) => `hga_${text}`),
);

/** What somebody may register as a redirect URI. */
export const offeredRedirectUri: fc.Arbitrary<string> = fc.oneof(fc.webUrl({ withQueryParameters: true }), fc.string(), fc.string({ unit: "binary" }));

/** What a request may name as redirect URI: anything, and things that come close to the registered ones. */
export function requestedRedirectUri(registered: readonly string[]): fc.Arbitrary<string> {
  return fc.oneof(
    fc.webUrl({ withQueryParameters: true, withFragments: true }),
    fc.string(),
    fc.tuple(fc.constantFrom(...registered), fc.nat(70), fc.string({ maxLength: 3 })).map(([uri, at, more]) => uri.slice(0, at) + more + uri.slice(at)),
    fc.integer({ min: -1, max: 70_000 }).map((port) => `http://127.0.0.1:${port}/cb`),
  );
}

/** Text near JSON: mostly right, often broken. */
export const nearJson: fc.Arbitrary<string> = fc.oneof(
  fc.json({ maxDepth: 4 }),
  fc
    .tuple(
      fc.json({ maxDepth: 3 }),
      fc.nat(),
      fc.constantFrom("", ",", "}", "]", '"', "\\", "0", "-", ".", "e", " ", "\n", "\u0000", "\u00a0", "[", "{", ":", "t", "\ud800"),
    )
    .map(([text, at, inserted]) => {
      const place = at % (text.length + 1);
      return text.slice(0, place) + inserted + text.slice(place + (at % 2));
    }),
  fc.stringMatching(/^[[\]{}",:\\0-9eE+.\- tfnu\n]{0,12}$/),
  fc.string(),
);

/** Paths that a mapping may look at, and JSON values in which they find something. */
export const MAPPED_PATHS: readonly string[] = ["a", "b", "$.a.b", "$.list[0]", "$.list[-1].a", "$['']"];

const mappedObject = fc.dictionary(fc.constantFrom("a", "b", "list", ""), fc.jsonValue({ maxDepth: 3 }));

export const mappedJson: fc.Arbitrary<unknown> = fc.oneof(mappedObject, fc.array(mappedObject), fc.jsonValue());
