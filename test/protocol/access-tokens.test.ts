import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { KeyRing } from "../../src/keys/key-ring.ts";
import { newRandomId } from "../../src/lib/id.ts";
import { AccessTokens, ACCESS_TOKEN_LIFETIME } from "../../src/oauth/access-token.ts";
import { openStore } from "../../src/store/open-store.ts";
import type { Store } from "../../src/store/store.ts";
import { forgedToken } from "../support/arbitraries.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { newTestStore, type TestStore } from "../support/test-store.ts";

const clock = new ManualClock();
let testStore: TestStore;
let store: Store;
let keyRing: KeyRing;
let accessTokens: AccessTokens;

beforeAll(async () => {
  testStore = await newTestStore();
  store = await openStore({ url: testStore.environment["HOOKGATE_STORE"]!, migrate: true, clock });
  keyRing = await KeyRing.open(store.keys, clock, store.changes, "a secret of at least thirty-two characters");
  accessTokens = new AccessTokens({ keyRing, clock });
});
afterAll(async () => {
  await store.close();
  await testStore.remove();
});

const grant = { clientId: newRandomId(), grantId: newRandomId(), userId: newRandomId(), grantedScopes: ["apps.webhook:execute", "offline_access"] } as const;

describe("sealed access tokens", () => {
  test("a token opens to what it was issued for", async () => {
    const { accessToken, expiresIn, scope } = await accessTokens.issue(grant);
    expect(accessToken).toMatch(/^hga_[A-Za-z0-9_-]{100,300}$/);
    expect({ expiresIn, scope }).toEqual({ expiresIn: 3600, scope: "apps.webhook:execute offline_access" });
    expect(accessTokens.open(accessToken)).toEqual({
      ...grant,
      tokenId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      resource: null,
      confirmation: null,
      issuedAt: clock.now(),
      expiresAt: clock.now() + ACCESS_TOKEN_LIFETIME,
    });
  });

  test("a token of client credentials has no grant and no user", async () => {
    const { accessToken } = await accessTokens.issue({ ...grant, grantId: null, userId: null, grantedScopes: ["apps.webhook:execute"] });
    expect(accessTokens.open(accessToken)).toMatchObject({ grantId: null, userId: null, grantedScopes: ["apps.webhook:execute"] });
  });

  test("6749-39: two tokens for the same are never the same (RFC 6749 section 10.10)", async () => {
    const tokens = await Promise.all(Array.from({ length: 200 }, async () => accessTokens.issue(grant)));
    expect(new Set(tokens.map(({ accessToken }) => accessToken)).size).toBe(200);
    expect(new Set(tokens.map(({ accessToken }) => accessTokens.open(accessToken)?.tokenId)).size).toBe(200);
  });

  test("no bit of a token can be changed", async () => {
    const { accessToken } = await accessTokens.issue(grant);
    const bytes = Buffer.from(accessToken.slice(4), "base64url");
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(accessTokens.open(`hga_${flipped.toString("base64url")}`), `bit ${bit}`).toBeUndefined();
    }
  });

  test("a token has one spelling: any other base64 of the same bytes is refused", async () => {
    // A length that leaves spare bits in the last character, so that there are other spellings at all.
    const { accessToken } = await accessTokens.issue({ ...grant, grantedScopes: ["apps.webhook:execute"] });
    const encoded = accessToken.slice(4);
    const bytes = Buffer.from(encoded, "base64url");
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const spellings = [
      ...alphabet.split("").map((last) => encoded.slice(0, -1) + last),
      `${encoded}=`,
      `${encoded}==`,
      `${encoded} `,
      `${encoded}\n`,
      bytes.toString("base64"),
      `${encoded.slice(0, 10)}.${encoded.slice(10)}`,
    ].filter((spelling) => spelling !== encoded && Buffer.from(spelling, "base64url").equals(bytes));
    expect(spellings.length).toBeGreaterThan(3);
    for (const spelling of spellings) expect(accessTokens.open(`hga_${spelling}`), spelling).toBeUndefined();
  });

  test("a token that is cut, prolonged or put together from two is refused", async () => {
    const [one, two] = await Promise.all([accessTokens.issue(grant), accessTokens.issue({ ...grant, clientId: newRandomId() })]);
    const a = one.accessToken;
    const b = two.accessToken;
    for (let length = 0; length < a.length; length++) {
      expect(accessTokens.open(a.slice(0, length))).toBeUndefined();
      const joined = a.slice(0, length) + b.slice(length);
      if (joined !== a && joined !== b) expect(accessTokens.open(joined)).toBeUndefined();
    }
    expect(accessTokens.open(`${a}AAAA`)).toBeUndefined();
    expect(accessTokens.open(a.slice(4))).toBeUndefined();
    expect(accessTokens.open(a.replace("hga_", "hgr_"))).toBeUndefined();
  });

  test("no text whatsoever makes opening throw, or opens", () => {
    fc.assert(
      fc.property(forgedToken, (text) => accessTokens.open(text) === undefined),
      { numRuns: 2_000 },
    );
  });

  test("a rotated key still opens what it sealed; a revoked one opens nothing", async () => {
    const { accessToken: old } = await accessTokens.issue(grant);
    const [first] = await keyRing.list();
    await keyRing.rotate();
    clock.advance(10_000);
    const { accessToken: fresh } = await accessTokens.issue(grant);
    expect(accessTokens.open(old)).toBeDefined();
    expect(accessTokens.open(fresh)).toBeDefined();
    await keyRing.revoke(first!.id);
    expect(accessTokens.open(old)).toBeUndefined();
    expect(accessTokens.open(fresh)).toBeDefined();
  });

  test("another installation's token is refused, although its key has the same id", async () => {
    const otherStore = await openStore({ url: "sqlite::memory:", migrate: true, clock });
    const otherRing = await KeyRing.open(otherStore.keys, clock, otherStore.changes, "another secret of at least thirty-two characters");
    const { accessToken } = await new AccessTokens({ keyRing: otherRing, clock }).issue(grant);
    expect(accessTokens.open(accessToken)).toBeUndefined();
    await otherStore.close();
  });
});
