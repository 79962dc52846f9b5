/** The live view of calls, over HTTP. */
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, test } from "vitest";
import type { User } from "../../src/identity/user.ts";
import { newTimeOrderedId } from "../../src/lib/id.ts";
import { MAX_STREAMS, MAX_STREAMS_OF_USER } from "../../src/web/event-streams.ts";
import type { Webhook } from "../../src/webhooks/webhook.ts";
import { decodeEntities, textOf, type HttpBrowser } from "../support/http-browser.ts";
import { rowHrefs } from "../support/lists.ts";
import { openStream, type TestStream } from "../support/open-stream.ts";
import { addBrand, addCustomers, addRefusedCalls, addSample, addUser, addWebhook, signedIn } from "../support/records.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";

let hookgate: TestHookgate;
beforeAll(async () => {
  hookgate = await startHookgate();
});
afterAll(() => hookgate.close());

let brands = 0;
let owner: User;
let member: HttpBrowser;
let webhook: Webhook;
let streams: TestStream[];

beforeEach(async () => {
  const brandId = await addBrand(hookgate, `Brand ${brands++}`);
  owner = await addUser(hookgate, { brandId, role: "member", name: "Owner" });
  member = await signedIn(hookgate, owner);
  webhook = await addWebhook(hookgate, owner, "Sign-ups");
  streams = [];
});
afterEach(() => Promise.all(streams.map((stream) => stream.close())));

const cookieOf = (browser: HttpBrowser) => [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; ");

async function follow(path: string, browser = member, headers: Record<string, string> = {}, at = hookgate.url): Promise<TestStream> {
  const stream = await openStream(at + path, { cookie: cookieOf(browser), ...headers });
  streams.push(stream);
  return stream;
}

interface Followed {
  readonly stream: string;
  readonly seen: string;
  readonly rows: string | undefined;
}

/** What a page follows; undefined when it follows nothing. */
async function followedBy(path: string, browser = member): Promise<Followed | undefined> {
  const [, stream, seen, , rows] = /data-stream="([^"]*)" data-seen="([^"]*)"( data-rows="([^"]*)")?/.exec((await browser.get(path)).html) ?? [];
  if (stream === undefined || seen === undefined) return undefined;
  return { stream: decodeEntities(stream), seen, rows: rows && decodeEntities(rows) };
}

async function seenOn(path: string, browser = member): Promise<string> {
  return (await followedBy(path, browser))!.seen;
}

async function streamOf(path: string): Promise<TestStream> {
  const { stream, seen } = (await followedBy(path))!;
  return follow(`${stream}${stream.includes("?") ? "&" : "?"}seen=${seen}`);
}

describe("a stream", () => {
  test("tells that a call has come after what the page shows, and its rows have the call", async () => {
    await addSample(hookgate, webhook, "{}");
    const stream = await streamOf("/calls");
    expect(stream.headers.get("content-type")).toBe("text/event-stream");
    expect(stream.headers.get("cache-control")).toBe("no-store");
    expect(stream.headers.get("content-security-policy")).toContain("default-src 'none'");
    const callId = await addSample(hookgate, webhook, "{}");
    expect(await stream.next()).toEqual({ event: "change", id: await seenOn("/calls") });
    expect(rowHrefs((await member.get("/calls/rows")).html, "/calls/")[0]).toBe(`/calls/${callId}`);
  });

  test("tells at once what came between the page and the stream", async () => {
    const { stream, seen } = (await followedBy("/calls"))!;
    await addSample(hookgate, webhook, "{}");
    expect((await (await follow(`${stream}?seen=${seen}`)).next())?.event).toBe("change");
  });

  test("goes on after the event that the browser heard of last (Last-Event-ID)", async () => {
    const old = await seenOn("/calls");
    await addSample(hookgate, webhook, "{}");
    const current = await seenOn("/calls");
    const behind = await follow(`/calls/live?seen=${current}`, member, { "last-event-id": old });
    expect(await behind.next()).toEqual({ event: "change", id: current });
    const upToDate = await follow(`/calls/live?seen=${old}`, member, { "last-event-id": current });
    await addSample(hookgate, webhook, "{}");
    expect(await upToDate.next()).toEqual({ event: "change", id: await seenOn("/calls") });
  });

  test("tells of a call whose commit came late: other nodes do not commit in the order of ids", async () => {
    const early = newTimeOrderedId(hookgate.clock.now());
    await addSample(hookgate, webhook, "{}");
    const stream = await streamOf("/calls");
    await addRefusedCalls(hookgate, webhook, [{ id: early }]);
    expect((await stream.next())?.event).toBe("change");
    expect(rowHrefs((await member.get("/calls/rows")).html, "/calls/")[1]).toBe(`/calls/${early}`);
  });

  test("of one webhook or one outcome tells of nothing else", async () => {
    const other = await addWebhook(hookgate, owner, "Orders");
    const ofWebhook = await seenOn(`/webhooks/${webhook.id}`);
    const accepted = await seenOn("/calls?outcome=accepted");
    await addSample(hookgate, other, "{}");
    await addRefusedCalls(hookgate, other, [{}]);
    expect(await seenOn(`/webhooks/${webhook.id}`)).toBe(ofWebhook);
    expect(await seenOn("/calls?outcome=accepted")).toBe(accepted);
    const stream = await streamOf("/calls?outcome=accepted");
    await addCustomers(hookgate, webhook, [{ emailaddress: "a@example.com" }]);
    expect((await stream.next())?.event).toBe("change");
    expect(await seenOn(`/webhooks/${webhook.id}`)).not.toBe(ofWebhook);
  });

  test("tells a member nothing of a colleague's calls, and nobody of another brand's", async () => {
    const colleague = await addUser(hookgate, { brandId: owner.brandId, role: "member", name: "Colleague" });
    const stranger = await addUser(hookgate, { brandId: await addBrand(hookgate, `Brand ${brands++}`), role: "admin", name: "Stranger" });
    const callId = await addSample(hookgate, webhook, "{}");
    for (const user of [colleague, stranger]) {
      const browser = await signedIn(hookgate, user);
      const nothing = await seenOn("/calls", browser);
      for (const path of ["/calls/rows", `/calls/rows?webhook=${webhook.id}`]) expect((await browser.get(path)).html).not.toContain(callId);
      expect((await browser.get(`/webhooks/${webhook.id}/newest-calls`)).status).toBe(404);
      const stream = await follow(`/calls/live?webhook=${webhook.id}&seen=wrong`, browser);
      expect(await stream.next()).toEqual({ event: "change", id: nothing });
    }
  });

  test("ends when the session ends, and when the user is switched off", async () => {
    const signedOut = await streamOf("/calls");
    await member.get("/account");
    await member.post("/sign-out");
    expect(await signedOut.next()).toEqual({ event: "end", id: undefined });
    expect(await signedOut.next()).toBeUndefined();
    const second = await signedIn(hookgate, owner);
    const switchedOff = await follow(`/calls/live?seen=${await seenOn("/calls", second)}`, second);
    await hookgate.store.users.deactivateUser(owner.brandId, owner.id);
    expect(await switchedOff.next()).toEqual({ event: "end", id: undefined });
    expect(await switchedOff.next()).toBeUndefined();
  });

  test("is for browsers that ask for one and are signed in", async () => {
    expect((await member.getOnce("/calls/live")).status).toBe(406);
    expect((await member.getOnce("/calls/live", { accept: "text/html" })).status).toBe(406);
    expect((await fetch(`${hookgate.url}/calls/live`, { method: "HEAD", headers: { cookie: cookieOf(member) } })).status).toBe(404);
    const stranger = await openStream(`${hookgate.url}/calls/live`, {});
    expect(stranger.status).toBe(303);
    expect(stranger.headers.get("location")).toMatch(/^\/sign-in\?return_to=/);
  });
});

describe("the limits of streams", () => {
  test("a user has few of them, and gets another one for each that is closed", async () => {
    for (let i = 0; i < MAX_STREAMS_OF_USER; i++) expect((await follow("/calls/live")).status).toBe(200);
    expect((await follow("/calls/live")).status).toBe(429);
    expect((await follow("/calls/live", await signedIn(hookgate, owner))).status).toBe(429);
    await streams[0]!.close();
    await expect.poll(async () => (await follow("/calls/live")).status).toBe(200);
    expect((await follow("/calls/live")).status).toBe(429);
  });

  test("a process has so many, whoever asks", async () => {
    const full = await startHookgate();
    const browserOf = async (name: string) => signedIn(full, await addUser(full, { brandId: full.brandId, role: "member", name }));
    for (let i = 0; i < MAX_STREAMS / MAX_STREAMS_OF_USER; i++) {
      const browser = await browserOf(`User ${i}`);
      for (let j = 0; j < MAX_STREAMS_OF_USER; j++) expect((await follow("/calls/live", browser, {}, full.url)).status).toBe(200);
    }
    const refused = await follow("/calls/live", await browserOf("One more"), {}, full.url);
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toBe("1");
    await full.close();
  });

  test("a server that closes ends its streams, and does not wait for them", async () => {
    const closing = await startHookgate();
    const user = await addUser(closing, { brandId: closing.brandId, role: "member", name: "Owner" });
    const browser = await signedIn(closing, user);
    const open = await follow("/calls/live?seen=x", browser, {}, closing.url);
    expect((await open.next())?.event).toBe("change");
    const begun = performance.now();
    await closing.close();
    expect(performance.now() - begun).toBeLessThan(3_000);
    expect(await open.next()).toBeUndefined();
  });
});

describe("pages", () => {
  test("the log follows what it shows, but no older page, no search and no days that are over", async () => {
    await addRefusedCalls(
      hookgate,
      webhook,
      Array.from({ length: 60 }, () => ({})),
    );
    const { html } = await member.get("/calls");
    const next = decodeEntities(/href="([^"]*)" rel="next"/.exec(html)?.[1] ?? "");
    expect(await followedBy("/calls")).toMatchObject({ stream: "/calls/live", rows: "/calls/rows" });
    const filtered = `webhook=${webhook.id}&outcome=refused&status=422`;
    expect(await followedBy(`/calls?${filtered}`)).toMatchObject({ stream: `/calls/live?${filtered}`, rows: `/calls/rows?${filtered}` });
    expect(await followedBy("/calls?outcome=sample")).toMatchObject({ rows: "/calls/rows?outcome=sample" });
    for (const path of [next, "/calls?q=shop", "/calls?to=2026-11-24"]) expect(await followedBy(path), path).toBeUndefined();
  });

  test("an empty log waits for its first call", async () => {
    expect(await followedBy("/calls")).toMatchObject({ stream: "/calls/live", rows: undefined });
    expect(textOf(member.page.html)).toContain("Waiting for the first call");
  });

  test("a webhook's page follows its own calls and gets ten rows", async () => {
    const ids = await addRefusedCalls(
      hookgate,
      webhook,
      Array.from({ length: 12 }, () => ({})),
    );
    const { stream, rows } = (await followedBy(`/webhooks/${webhook.id}`))!;
    expect(stream).toBe(`/calls/live?webhook=${webhook.id}`);
    const expected = ids
      .toReversed()
      .slice(0, 10)
      .map((id) => `/calls/${id}`);
    expect(rowHrefs((await member.get(rows!)).html, "/calls/")).toEqual(expected);
  });

  test("the switch is there for scripts only", async () => {
    await addSample(hookgate, webhook, "{}");
    expect((await member.get("/calls")).html).toMatch(/<div class="followed-bar" hidden>/);
  });

  test("what the live view asks for takes no message away that waits for the next page", async () => {
    await addSample(hookgate, webhook, "{}");
    await member.get(`/webhooks/${webhook.id}/rename`);
    await member.postOnce(`/webhooks/${webhook.id}/rename`, { name: "New name" });
    await member.get("/calls/rows");
    await member.get(`/webhooks/${webhook.id}/newest-calls`);
    expect(textOf((await member.get("/calls")).html)).toContain("The webhook is renamed.");
    expect(textOf((await member.get("/calls")).html)).not.toContain("The webhook is renamed.");
  });
});
