import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as fc from "fast-check";
import type { User } from "../../src/identity/user.ts";
import { parseJson, type JsonObject, type JsonValue } from "../../src/webhooks/json/json-document.ts";
import { parsePath, pathOf, valueAt } from "../../src/webhooks/json/json-path.ts";
import { checkSensitivePaths, maskedBody, MAX_SENSITIVE_PATHS, shownCall } from "../../src/webhooks/mapping/sensitive-fields.ts";
import { decodeEntities, textOf, type HttpBrowser } from "../support/http-browser.ts";
import { addUser, signedIn } from "../support/records.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";
import { BY_EMAIL, receiving, type Receiving } from "./receiving.ts";

describe("masking a body", () => {
  test.each<[what: string, body: string, paths: readonly string[], expected: string]>([
    ["a text", '{"card":"4111","name":"Ann"}', ["$.card"], '{"card":"•••","name":"Ann"}'],
    ["a number, true, null", '{"a":1.50e3 ,"b":true,"c":null}', ["$.a", "$.b", "$.c"], '{"a":"•••" ,"b":"•••","c":"•••"}'],
    ["an object and a list, whole", '{"a":{"b":[1,"}"]},"c":["]",{}]}', ["$.a", "$.c"], '{"a":"•••","c":"•••"}'],
    ["a place in a place that is marked", '{"a":{"b":1}}', ["$.a", "$.a.b"], '{"a":"•••"}'],
    ["the same path twice", '{"a":1}', ["$.a", "$.a"], '{"a":"•••"}'],
    ["a path that is not there", '{ "a" : 1 }', ["$.b", "$.a.b", "$.a[0]", "$[0]"], '{ "a" : 1 }'],
    ["each element of an array", '[{"a":1}, {"b":2}, {"a":[3]}]', ["$.a"], '[{"a":"•••"}, {"b":2}, {"a":"•••"}]'],
    ["an element, from either end", '{"a":["x","y","z"]}', ["$.a[0]", "$.a[-1]"], '{"a":["•••","y","•••"]}'],
    ["an element that is not there", '{"a":["x"]}', ["$.a[1]", "$.a[-2]"], '{"a":["x"]}'],
    ["an element by a name, a member by an index", '{"a":["x"],"b":{"0":"y"}}', ["$.a['0']", "$.b[0]"], '{"a":["x"],"b":{"0":"y"}}'],
    ["a name with escapes", String.raw`{"c\u0061rd \"no\"":"x\\\"y"}`, [`$['card "no"']`], String.raw`{"c\u0061rd \"no\"":"•••"}`],
    ["a name that objects have by themselves", '{"__proto__":"x","constructor":"y"}', ["$.__proto__"], '{"__proto__":"•••","constructor":"y"}'],
    ["an empty name", '{"":"x","a":"y"}', ["$['']"], '{"":"•••","a":"y"}'],
    ["white space everywhere", ' {\n "a" :\t"x" ,\r "b" : [ 1 , 2 ] } ', ["$.a", "$.b[1]"], ' {\n "a" :\t"•••" ,\r "b" : [ 1 , "•••" ] } '],
    ["what was erased", '[{"erased":true},{"a":1}]', ["$.a"], '[{"erased":true},{"a":"•••"}]'],
    ["nothing, where nothing is marked", "no JSON", [], "no JSON"],
    ["all of what is no JSON", 'no JSON but {"a":"secret"}', ["$.a"], '"•••"'],
    ["all of a body with a name twice", '{"a":"secret","a":"secret"}', ["$.a"], '"•••"'],
    ["what stands in place of an object", '["secret",{"a":1},[{"a":"secret"}],7]', ["$.b"], '["•••",{"a":1},"•••","•••"]'],
    ["a text in place of the body", '"secret"', ["$.a"], '"•••"'],
    ["an empty list, an empty object", "[]", ["$.a"], "[]"],
  ])("%s", (_, body, paths, expected) => {
    expect(maskedBody(body, paths)).toBe(expected);
  });

  const json = fc.dictionary(fc.oneof(fc.constantFrom("a", "b", "__proto__", ""), fc.string()), fc.jsonValue({ maxDepth: 3 }), { minKeys: 1 });
  const step = fc.oneof(fc.constantFrom("a", "b", "", "__proto__"), fc.integer({ min: -3, max: 3 }));
  const steps = fc.array(step, { minLength: 1, maxLength: 3 });

  test("whatever body and paths: what is marked reads as a mask, and every other value is what it was", () => {
    fc.assert(
      fc.property(
        fc.array(json, { minLength: 1, maxLength: 4 }),
        fc.array(steps, { minLength: 1, maxLength: 4 }),
        fc.constantFrom(undefined, 1),
        (list, marked, indent) => {
          const body = JSON.stringify(list, null, indent);
          const paths = marked.map(pathOf);
          const [before, after] = [objectsIn(body), objectsIn(maskedBody(body, paths))];
          expect(after.length).toBe(before.length);
          for (const [index, object] of before.entries()) {
            const masked = after[index]!;
            for (const path of paths) {
              const parsed = parsePath(path);
              if (!parsed.ok) throw new Error(path);
              const isThere = valueAt(object, parsed.steps) !== undefined;
              const now = valueAt(masked, parsed.steps);
              // Undefined: it lies in a value that is masked whole.
              if (isThere) expect([undefined, "•••"]).toContain(now);
            }
            expectSameElsewhere(object, masked);
          }
          expect(maskedBody(maskedBody(body, paths), paths)).toBe(maskedBody(body, paths));
        },
      ),
      { numRuns: 500 },
    );
  });

  test("whatever text: it never throws", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.json().map((text) => text.slice(1)),
        ),
        fc.array(steps, { maxLength: 3 }),
        (body, marked) => {
          expect(typeof maskedBody(body, marked.map(pathOf))).toBe("string");
        },
      ),
    );
  });

  test("a body of 6 MB with a hundred marked paths takes time that grows with its length only", () => {
    const element = JSON.stringify(Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`field_${index}`, "x".repeat(20)])));
    const body = `[${Array.from({ length: 3_600 }, () => element).join(",")}]`;
    const paths = Array.from({ length: MAX_SENSITIVE_PATHS }, (_, index) => `$.field_${index}`);
    const started = process.cpuUsage();
    expect(maskedBody(body, paths)).not.toContain("xx");
    expect(process.cpuUsage(started).user).toBeLessThan(5_000_000);
  });
});

function objectsIn(body: string): readonly JsonObject[] {
  const parsed = parseJson(body);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.document.value as readonly JsonObject[];
}

/** Walks both at once; below a mask there is nothing to compare. */
function expectSameElsewhere(before: JsonValue, after: JsonValue): void {
  if (after === "•••") return;
  if (before instanceof Map && after instanceof Map) {
    expect([...(after as JsonObject).keys()]).toEqual([...(before as JsonObject).keys()]);
    for (const [name, value] of before as JsonObject) expectSameElsewhere(value, (after as JsonObject).get(name)!);
  } else if (Array.isArray(before) && Array.isArray(after)) {
    expect(after.length).toBe(before.length);
    for (const [index, value] of (before as readonly JsonValue[]).entries()) expectSameElsewhere(value, (after as readonly JsonValue[])[index]!);
  } else expect(after).toEqual(before);
}

const shown = (body: string, headers: string, sensitivePaths = ["$.email"]) => shownCall({ body, headers, sensitivePaths }).headers;

describe("what is shown of a call", () => {
  test("a header that says a masked value once more is masked, in any letter case, also cut", () => {
    const body = '{"email":"Ann@example.com","n":12}';
    expect(shown(body, "a: 1\nidempotency-key: for ann@example.com\nx: n")).toBe("a: 1\nidempotency-key: •••\nx: n");
    const long = "x".repeat(300);
    expect(shown(JSON.stringify({ email: long }), `a: ${long.slice(0, 200)}…`)).toBe("a: •••");
    expect(shown('{"email":{"to":["ann@example.com"]}}', "a: ann@example.com")).toBe("a: •••");
    expect(shown('{"email":31415}', "a: 31415")).toBe("a: •••");
  });

  test("a header is left alone where the value is not marked, too short to mean anything, or in the header's name", () => {
    expect(shown('{"email":"abc","n":"other"}', "a: abc other")).toBe("a: abc other");
    expect(shown('{"email":"accept"}', "accept: json")).toBe("accept: json");
    expect(shown("no JSON", "a: 1", [])).toBe("a: 1");
  });

  test("without a body that can be read, nobody can tell which headers repeat it: only those stay that never do", () => {
    const headers = "content-type: application/json\nidempotency-key: ann@example.com\nx-customer: 12\ntraceparent: 00-1-2-01";
    const masked = "content-type: application/json\nidempotency-key: •••\nx-customer: •••\ntraceparent: 00-1-2-01";
    for (const body of [null, "no JSON"]) expect(shownCall({ body, headers, sensitivePaths: ["$.a"] }).headers).toBe(masked);
    expect(shownCall({ body: null, headers: "", sensitivePaths: ["$.a"] }).headers).toBe("");
    expect(shownCall({ body: null, headers, sensitivePaths: [] }).headers).toBe(headers);
  });
});

describe("marking", () => {
  test.each(["$", "$..a", "$.*", "$[*].a", "$[?@.a]", "$[0:2]", "$.a[", "a b\u0000", "x".repeat(501), "$.a,$.b"])("%j is no path", (text) => {
    expect(checkSensitivePaths([text])).toMatchObject({ ok: false });
  });

  test("paths are kept in one spelling, each once; more than a hundred are refused", () => {
    expect(checkSensitivePaths(["email", " $['email'] ", "$.a"])).toEqual({ ok: true, paths: ["$.a", "$.email"] });
    expect(checkSensitivePaths(Array.from({ length: MAX_SENSITIVE_PATHS + 1 }, (_, index) => `$.a${index}`))).toMatchObject({ ok: false });
    expect(checkSensitivePaths(Array.from({ length: 500 }, () => "$.a"))).toEqual({ ok: true, paths: ["$.a"] });
  });
});

/** Every page that links lead to from the first one, as far as they begin with one of these. */
async function crawl(browser: HttpBrowser, starts: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const pages = new Map<string, string>();
  const open = [...starts];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (pages.has(path)) continue;
    const page = await browser.get(path);
    pages.set(path, page.html);
    for (const [, href = ""] of page.html.matchAll(/href="([^"]+)"/g))
      if (/^\/(?:calls|webhooks|customers|settings|$|\?)/.test(href)) open.push(decodeEntities(href));
  }
  return pages;
}

/** Stands in bodies and headers at marked places, and nowhere else. */
const SECRET = "Zebrafish-4111";

describe("on the pages", () => {
  let hookgate: TestHookgate;
  let at: Receiving;
  let owner: HttpBrowser;
  let admin: User;
  beforeAll(async () => {
    hookgate = await startHookgate();
  });
  afterAll(() => hookgate.close());

  const sensitive = () => `/webhooks/${at.webhook.id}/sensitive`;
  const BODY = { email: `${SECRET}@example.com`, firstname: "Ann", payment: { card: SECRET, notes: [SECRET] }, gender: "unknown" };
  const PATHS = "$.email\n$.payment";

  async function scene(mapping: typeof BY_EMAIL | null): Promise<void> {
    at = await receiving(hookgate, mapping);
    owner = await signedIn(hookgate, at.owner);
    admin = await addUser(hookgate, { brandId: at.brandId, role: "admin", name: "Admin" });
  }

  async function mark(paths: string): Promise<void> {
    await owner.get(sensitive());
    expect((await owner.post(sensitive(), { paths })).status).toBe(200);
  }

  test("a marked value is on no page and in no download, whatever became of the call; nothing else is missing", async () => {
    await scene({ ...BY_EMAIL, fields: BY_EMAIL.fields.filter(({ field }) => field !== "emailaddress"), deduplicateBy: [] });
    const headers = { "idempotency-key": `"${SECRET}"` };
    // Refused for the gender, accepted without, repeated; no JSON; an array of customers.
    expect((await at.send(BODY)).status).toBe(422);
    for (let sent = 0; sent < 2; sent++) expect((await at.send({ ...BODY, gender: "MAN" }, headers)).status).toBe(200);
    expect((await at.send(`{"email":"${SECRET}"`)).status).toBe(400);
    expect((await at.send([{ ...BODY, gender: "MAN" }, { email: SECRET }])).status).toBe(200);
    expect((await at.send([SECRET])).status).toBe(422);
    expect(
      (
        await at.send([
          { ...BODY, gender: "MAN", email: SECRET },
          { email: SECRET, firstname: "Bea" },
        ])
      ).status,
    ).toBe(200);

    const before = await crawl(owner, ["/"]);
    const showing = [...before].filter(([, html]) => html.includes(SECRET)).map(([path]) => path);
    expect(showing.length).toBeGreaterThan(5);
    await mark(PATHS);
    for (const browser of [owner, await signedIn(hookgate, admin)]) {
      const pages = await crawl(browser, ["/", ...before.keys()]);
      expect(pages.size).toBeGreaterThanOrEqual(before.size);
      expect([...pages].filter(([, html]) => html.includes(SECRET)).map(([path]) => path)).toEqual([]);
      for (const path of showing) expect(pages.get(path), path).toContain("•••");
      expect(pages.get(`/webhooks/${at.webhook.id}/mapping`)).toContain("$.firstname");
    }
    // Stored whole.
    expect((await at.calls()).filter(({ body }) => body?.includes(SECRET))).toHaveLength(6);
  });

  test("the preview checks the true value and shows a mask; it says nothing of what is beside it", async () => {
    await scene(BY_EMAIL);
    await at.send({ ...BODY, email: SECRET, gender: "MAN" });
    await mark(`${PATHS}\n$.gender`);
    const mapping = await owner.get(`/webhooks/${at.webhook.id}/mapping`);
    expect(mapping.html.includes(SECRET)).toBe(false);
    expect(textOf(mapping.html)).toContain("Sensitive: •••");
    expect(textOf(mapping.html)).toContain("The newest payload would write one customer.");
    // The gender is right only because it is not the mask that is checked.
    await at.send({ ...BODY, email: SECRET, gender: `not ${SECRET}` });
    const refused = await owner.get(`/webhooks/${at.webhook.id}/mapping`);
    expect(textOf(refused.html)).toContain("must be one of MAN, WOMAN");
    expect(refused.html.includes(SECRET)).toBe(false);
  });

  test("reasons of refused calls hold no value of a body, marked or not", async () => {
    await scene(BY_EMAIL);
    const bad = [
      { email: "", gender: SECRET },
      { email: [SECRET], gender: "MAN" },
      { email: `${SECRET}\u0000` },
      { email: SECRET.repeat(200) },
      `{"email":"${SECRET}\\x"}`,
      `{"email":"${SECRET}"} ${SECRET}`,
      `{"email":"${SECRET}`,
      [SECRET],
    ];
    for (const body of bad) expect((await at.send(body)).status).toBeGreaterThanOrEqual(400);
    const calls = await at.calls();
    expect(calls).toHaveLength(bad.length);
    for (const { reason, answer } of calls) expect(`${reason} ${answer}`).not.toContain(SECRET);
  });

  test("a replay writes what was sent, and a test call takes no mask for a value", async () => {
    await scene(BY_EMAIL);
    await mark("$.email");
    expect((await at.send({ email: "ann@example.com", firstname: "Ann", gender: "unknown" })).status).toBe(422);
    const [refused] = await at.calls();
    await owner.get(`/webhooks/${at.webhook.id}/mapping`);
    await hookgate.services.webhooks.setMapping({ ...at.owner, userId: at.owner.id, isAdmin: false }, at.webhook.id, {
      ...BY_EMAIL,
      fields: BY_EMAIL.fields.filter(({ field }) => field !== "gender"),
    });
    await owner.get(`/calls/${refused!.id}/replay`);
    expect((await owner.submit(`/calls/${refused!.id}/replay`)).html).not.toContain("ann@example.com");
    expect((await at.customers()).map(({ fields }) => fields.emailaddress)).toEqual(["ann@example.com"]);

    const form = await owner.get(`/webhooks/${at.webhook.id}/test`);
    expect(form.html).not.toContain("ann@example.com");
    expect(textOf(form.html)).toContain("Put values of your own in place of •••.");
    const masked = await owner.submit(`/webhooks/${at.webhook.id}/test`);
    expect([masked.status, textOf(masked.html).includes("Put a value in place of each •••.")]).toEqual([422, true]);
    expect(await at.customers()).toHaveLength(1);
    const sent = await owner.submit(`/webhooks/${at.webhook.id}/test`, { body: '{"email":"bea@example.com"}' });
    expect(sent.status).toBe(200);
    expect(/<pre[\s\S]*<\/pre>/.exec(sent.html)?.[0]).not.toContain("bea@example.com");
    expect(await at.customers()).toHaveLength(2);
  });

  test("ticks and typed paths are kept, shown again, and taken away; a wrong one changes nothing and keeps what was typed", async () => {
    await scene(BY_EMAIL);
    await at.send(BODY);
    const page = await owner.get(sensitive());
    expect(page.html).toMatch(/<input type="checkbox" name="marked" value="\$\.email"/);
    expect(page.html).not.toContain("checked");
    await owner.post(sensitive(), { marked: ["$.email", "$.firstname"], paths: "$.payment\n\n  not_there \n$.email\n" });
    const stored = async () => (await hookgate.store.webhooks.findWebhook(at.brandId, at.webhook.id))?.sensitivePaths;
    expect(await stored()).toEqual(["$.email", "$.firstname", "$.not_there", "$.payment"]);
    expect(textOf((await owner.get(`/webhooks/${at.webhook.id}`)).html)).toContain("4 marked");
    const again = await owner.get(sensitive());
    expect(again.html.match(/ checked/g)).toHaveLength(3);
    expect(again.html).toMatch(/<textarea[^>]*>\$\.not_there<\/textarea>/);

    const wrong = await owner.submit(sensitive(), { paths: "$..x" });
    expect(wrong.status).toBe(422);
    expect(textOf(wrong.html)).toContain("Name one: no *, no .., no filters, no slices.");
    expect(wrong.html).toMatch(/<textarea[^>]*>\$\.\.x<\/textarea>/);
    expect(wrong.html.match(/ checked/g)).toHaveLength(3);
    expect(await stored()).toHaveLength(4);

    await owner.get(sensitive());
    await owner.post(sensitive(), { paths: "" });
    expect(await stored()).toBeUndefined();
    expect(textOf((await owner.get(`/webhooks/${at.webhook.id}`)).html)).toContain("None marked");
  });

  test("is for the owner and admins; without a payload there are lines to type into", async () => {
    await scene(BY_EMAIL);
    const colleague = await signedIn(hookgate, await addUser(hookgate, { brandId: at.brandId, role: "member", name: "Colleague" }));
    expect((await colleague.get(sensitive())).status).toBe(404);
    await colleague.get("/account");
    expect((await colleague.post(sensitive(), { paths: "" })).status).toBe(404);
    const page = await (await signedIn(hookgate, admin)).get(sensitive());
    expect(page.status).toBe(200);
    expect(page.html).not.toContain("<table");
  });

  test("the calls of a deleted webhook stay masked", async () => {
    await scene(BY_EMAIL);
    await at.send(BODY);
    await mark(PATHS);
    const [call] = await at.calls();
    await owner.get(`/webhooks/${at.webhook.id}/delete`);
    await owner.submit(`/webhooks/${at.webhook.id}/delete`);
    for (const path of [`/calls/${call!.id}`, `/calls/${call!.id}/body`]) {
      const { status, html } = await owner.get(path);
      expect([status, html.includes(SECRET), html.includes("•••")]).toEqual([200, false, true]);
    }
  });
});
