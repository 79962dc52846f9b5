import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RequestHeaders } from "../../src/lib/request-headers.ts";
import { keptHeaders, REMOVED } from "../../src/webhooks/receiving/call-headers.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";
import { post, receiving } from "./receiving.ts";

const SECRET = "s3cret-value";
const kept = (raw: readonly string[]) => keptHeaders(new RequestHeaders(raw));

describe("the headers that are kept of a call", () => {
  test.each([
    ["Content-Type", "application/json"],
    ["User-Agent", "curl/8.5.0"],
    ["Idempotency-Key", '"8e03978e"'],
    ["Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"],
    ["X-GitHub-Event", "push"],
    ["X-Shopify-Topic", "orders/create"],
    ["Content-Digest", "sha-256=:abc=:"],
  ])("%s stays as it was sent, its name in lower case", (name, value) => {
    expect(kept([name, value])).toBe(`${name.toLowerCase()}: ${value}`);
  });

  test.each([
    ["Cookie", `a=${SECRET}`],
    ["Set-Cookie", SECRET],
    ["X-API-Key", SECRET],
    ["apikey", SECRET],
    ["Ocp-Apim-Subscription-Key", SECRET],
    ["X-Gitlab-Token", SECRET],
    ["X-Auth", SECRET],
    ["X-Hub-Signature-256", `sha256=${SECRET}`],
    ["Stripe-Signature", `t=1,v1=${SECRET}`],
    ["X-Shopify-Hmac-Sha256", SECRET],
    ["X-Webhook-Secret", SECRET],
    ["X-Amz-Security-Token", SECRET],
    ["X-Csrf", SECRET],
    ["X-Session-Id", SECRET],
    ["Referer", `https://shop.example/?access_token=${SECRET}`],
    ["X-Original-Url", `/hooks/1?access_token=${SECRET}`],
    ["X-Whatever", `hga_${SECRET}`],
    ["Forwarded", "for=192.0.2.1"],
    ["X-Forwarded-For", "192.0.2.1"],
    ["X-Real-IP", "192.0.2.1"],
    ["CF-Connecting-IP", "2001:db8::1"],
    ["True-Client-Ip", "192.0.2.1"],
    ["Remote-Addr", "192.0.2.1"],
  ])("%s loses its value", (name, value) => {
    expect(kept([name, value])).toBe(`${name.toLowerCase()}: ${REMOVED}`);
  });

  test.each([
    ["Authorization", `Bearer ${SECRET}`, "Bearer "],
    ["Authorization", `bearer  ${SECRET}`, "bearer "],
    ["Authorization", `Basic ${SECRET}`, "Basic "],
    ["Proxy-Authorization", `Basic ${SECRET}`, "Basic "],
    ["X-Something", `Bearer ${SECRET}`, "Bearer "],
    ["Authorization", SECRET, ""],
    ["Authorization", `${SECRET} more`, ""],
    ["Authorization", `Bearer${SECRET}`, ""],
    ["Authorization", "", ""],
  ])("of %s: %s the scheme stays, where everybody knows it", (name, value, scheme) => {
    expect(kept([name, value])).toBe(`${name.toLowerCase()}: ${scheme}${REMOVED}`);
  });

  test("are bounded: 40 headers, 200 characters of a value, about 4,000 in all", () => {
    const many = kept(Array.from({ length: 2_000 }, (_, index) => (index % 2 ? "v" : `h${index}`)));
    expect(many.split("\n")).toHaveLength(40);
    expect(kept(["x", "é".repeat(10_000)])).toBe(`x: ${"é".repeat(200)}…`);
    expect(kept(["n".repeat(10_000), "v"]).length).toBeLessThan(210);
    expect(kept(Array.from({ length: 80 }, () => "y".repeat(10_000))).length).toBeLessThan(4_600);
    expect(kept([])).toBe("");
  });

  test("stand in their order, one a line, also with colons in a value and with an empty one", () => {
    expect(kept(["Host", "hooks.example:4400", "X-Empty", "", "X-Time", "a: b"])).toBe("host: hooks.example:4400\nx-empty: \nx-time: a: b");
  });
});

describe("over HTTP", () => {
  let hookgate: TestHookgate;
  beforeAll(async () => {
    hookgate = await startHookgate();
  });
  afterAll(() => hookgate.close());

  test("every kind of call keeps its headers, and no token", async () => {
    const { send, calls, token, endpoint } = await receiving(hookgate);
    await send({ a: 1 }, { "x-shop": "42" });
    await send("no JSON", { "x-shop": "43" });
    await post(endpoint, "{}", { authorization: `Basic ${SECRET}`, "x-shop": "44" });
    await post(endpoint, null, { authorization: `Bearer ${token}`, "x-shop": "45" }, "PUT");
    await send({ a: 2 });
    const kept = (await calls()).map(({ headers }) => headers);
    expect(kept).toHaveLength(5);
    expect(kept.join()).not.toContain(token);
    expect(kept.join()).not.toContain(SECRET);
    for (const shop of ["42", "43", "44", "45"]) expect(kept.filter((headers) => headers.includes(`x-shop: ${shop}`))).toHaveLength(1);
    expect(kept.filter((headers) => headers.includes(`authorization: Bearer ${REMOVED}`))).toHaveLength(4);
    expect(kept.filter((headers) => headers.includes(`authorization: Basic ${REMOVED}`))).toHaveLength(1);
  });

  test("the answer of a refused call is kept word for word, and how long the decision took", async () => {
    const { send, calls } = await receiving(hookgate);
    const { text } = await send("no JSON");
    const [accepted, refused] = [await send({}).then(async () => (await calls())[0]!), (await calls()).find(({ outcome }) => outcome === "refused")!];
    expect(refused.answer).toBe(text);
    expect(refused.duration).toBeGreaterThanOrEqual(0);
    expect(accepted).toMatchObject({ answer: null, repeatOf: null });
  });
});
