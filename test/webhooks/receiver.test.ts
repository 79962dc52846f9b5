import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addUser, addBrand } from "../support/records.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";
import { addApplication, BY_EMAIL, post, receiving, type Problem } from "./receiving.ts";

let hookgate: TestHookgate;
beforeAll(async () => {
  hookgate = await startHookgate();
});
afterAll(() => hookgate.close());

/** The body of the seed's curl line, byte for byte. */
const SEED_BODY = `{
       "firstname": "Oauth",
       "email": "oauth2@e-village.nl"
      }`;

const UNKNOWN = "4f0e9b8e-6a3c-4f63-9a36-0d9d8d5f2a11";

describe("a webhook without a mapping", () => {
  test("gives the received bytes back and keeps the call as a sample", async () => {
    const { send, calls, customers } = await receiving(hookgate);
    const answer = await send(SEED_BODY);
    expect(answer.status).toBe(200);
    expect(answer.text).toBe(SEED_BODY);
    expect(answer.headers.get("content-type")).toBe("application/json");
    const [call, ...more] = await calls();
    expect(more).toEqual([]);
    expect(call).toMatchObject({ outcome: "sample", status: 200, reason: null, authenticated: true, applicationName: "Shop sync", body: SEED_BODY });
    expect(call?.reference).toBe(answer.headers.get("hookgate-reference"));
    expect(await customers()).toEqual([]);
  });

  test.each([
    ["[]"],
    ["{}"],
    ['[{"a":1},{"b":[1,{"c":null}]}]'],
    ['{"n":1.50,"m":123456789012345678901234567890,"é":"\\u00e9😀"}'],
    ['{"hookgate_id":"mine"}'],
  ])("takes %s as it is", async (body) => {
    const { send } = await receiving(hookgate);
    expect(await send(body)).toMatchObject({ status: 200, text: body });
  });

  test("answers a body with a byte order mark without it (RFC 8259 section 8.1)", async () => {
    const { send, calls } = await receiving(hookgate);
    expect(await send(Buffer.from('\ufeff{"a":1}'))).toMatchObject({ status: 200, text: '{"a":1}' });
    expect((await calls())[0]?.body).toBe('{"a":1}');
  });

  test("asks for objects all the same: 422 for anything else", async () => {
    const { send, calls } = await receiving(hookgate);
    const answer = await send('[{"a":1},2]');
    expect(answer.status).toBe(422);
    expect((answer.json as Problem).errors).toEqual([{ path: "$[1]", rule: "must be an object" }]);
    expect((await calls())[0]).toMatchObject({ outcome: "refused", status: 422, body: '[{"a":1},2]' });
  });
});

describe("a webhook with a mapping", () => {
  test("creates a customer and answers the same JSON with its id as the last member", async () => {
    const { send, customers, calls } = await receiving(hookgate, BY_EMAIL);
    const answer = await send(SEED_BODY);
    const [customer, ...more] = await customers();
    expect(more).toEqual([]);
    expect(customer?.fields).toEqual({ firstname: "Oauth", emailaddress: "oauth2@e-village.nl", optin: "Y", smsoptin: "Y", status: "PROSPECT" });
    expect(answer).toMatchObject({ status: 200, text: SEED_BODY.replace('nl"\n', `nl",\n       "hookgate_id":"${customer!.id}"\n`) });
    expect((await calls())[0]).toMatchObject({ outcome: "accepted", status: 200, body: SEED_BODY, customerIds: [customer!.id] });
  });

  test("updates the customer that the key finds: an absent value stays, null clears", async () => {
    const { send, customers } = await receiving(hookgate, BY_EMAIL);
    const first = (await send({ email: "ada@example.com", firstname: "Ada", gender: "WOMAN" })).json as { hookgate_id: string };
    const second = (await send({ email: " ADA@example.com ", gender: null, unmapped: [1] })).json as { hookgate_id: string };
    expect(second.hookgate_id).toBe(first.hookgate_id);
    const [customer, ...more] = await customers();
    expect(more).toEqual([]);
    expect(customer?.fields).toMatchObject({ firstname: "Ada", emailaddress: " ADA@example.com " });
    expect(customer?.fields).not.toHaveProperty("gender");
  });

  test("writes one customer for each object of an array, in order, and folds those with one key", async () => {
    const { send, customers } = await receiving(hookgate, BY_EMAIL);
    const answer = await send([{ email: "a@example.com", firstname: "A" }, { email: "b@example.com" }, { email: "a@example.com", firstname: "A2" }]);
    const ids = (answer.json as { hookgate_id: string }[]).map(({ hookgate_id }) => hookgate_id);
    expect(ids[0]).toBe(ids[2]);
    expect(new Set(ids).size).toBe(2);
    expect(new Set((await customers()).map(({ fields }) => fields.firstname))).toEqual(new Set(["A2", undefined]));
  });

  test("without deduplication makes a new customer each time", async () => {
    const { send, customers } = await receiving(hookgate, { ...BY_EMAIL, deduplicateBy: [] });
    await Promise.all([send({ email: "a@example.com" }), send({ email: "a@example.com" })]);
    expect(await customers()).toHaveLength(2);
  });

  test("takes values from inside objects and lists", async () => {
    const { send, customers } = await receiving(hookgate, {
      fields: [
        { path: "contact.address.city", field: "city" },
        { path: "$.orders[0].id", field: "externalid" },
      ],
      deduplicateBy: ["externalid"],
    });
    expect((await send('{"contact":{"address":{"city":"Delft"}},"orders":[{"id":10000000000000000001}]}')).status).toBe(200);
    expect((await customers())[0]?.fields).toMatchObject({ city: "Delft", externalid: "10000000000000000001" });
  });

  test("replaces an incoming hookgate_id, wherever it stands", async () => {
    const { send, customers } = await receiving(hookgate, BY_EMAIL);
    const answer = await send('{"hookgate_id":"forged", "email":"a@example.com"}');
    const [customer] = await customers();
    expect(answer.text).toBe(`{"email":"a@example.com","hookgate_id":"${customer!.id}"}`);
  });

  test("accepts an empty array and writes nothing", async () => {
    const { send, customers, calls } = await receiving(hookgate, BY_EMAIL);
    expect(await send("[ ]")).toMatchObject({ status: 200, text: "[ ]" });
    expect(await customers()).toEqual([]);
    expect((await calls())[0]).toMatchObject({ outcome: "accepted", customerIds: [] });
  });

  test("a broken rule fails the whole call: 422 names path and rule, never the value, and nothing is written", async () => {
    const { send, customers, calls } = await receiving(hookgate, BY_EMAIL);
    const body = JSON.stringify([{ email: "a@example.com" }, { email: "b@example.com", gender: "secret-gender" }, { firstname: "No key" }]);
    const answer = await send(body);
    expect(answer.status).toBe(422);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect((answer.json as Problem).errors).toEqual([
      { path: "$[1].gender", rule: "must be one of MAN, WOMAN, FAMILY, NONBINARY, UNKNOWN" },
      { path: "$[2].email", rule: "must be there and not be empty, because customers are found by it" },
    ]);
    expect(answer.text).not.toContain("secret-gender");
    expect(await customers()).toEqual([]);
    const [call] = await calls();
    expect(call).toMatchObject({ outcome: "refused", status: 422, authenticated: true, body });
    expect(call?.reason).toContain("$[1].gender must be one of");
    expect(call?.reason).not.toContain("secret-gender");
  });

  test("an update that would make a customer the same as another one is refused: 422", async () => {
    const scene = await receiving(hookgate, BY_EMAIL);
    const { hookgate: place, brandId, owner, send, customers, calls } = scene;
    const byNumber = await place.services.webhooks.add({
      brandId,
      ownerId: owner.id,
      name: "By number",
      authentication: "oauth2",
      mapping: {
        fields: [
          { path: "nr", field: "externalid" },
          { path: "email", field: "emailaddress" },
        ],
        deduplicateBy: ["externalid"],
      },
    });
    if (byNumber.kind !== "added") throw new Error("not added");
    const endpoint = `${place.url}/hooks/${byNumber.webhook.id}`;
    const headers = { authorization: `Bearer ${scene.token}`, "content-type": "application/json" };
    await send({ email: "a@example.com" });
    expect((await post(endpoint, { nr: 1, email: "b@example.com" }, headers)).status).toBe(200);
    const taken = await post(endpoint, [{ nr: 1, email: "a@example.com" }], headers);
    expect(taken.status).toBe(422);
    expect((taken.json as Problem).errors).toEqual([{ path: "$[0].email", rule: "would make this customer the same as another one" }]);
    expect(new Set((await customers()).map(({ fields }) => fields.emailaddress))).toEqual(new Set(["a@example.com", "b@example.com"]));
    expect(await calls()).toHaveLength(1);
  });

  test("50 calls at once with one key make one customer, and each answer carries its id", async () => {
    const { send, customers, calls } = await receiving(hookgate, BY_EMAIL);
    const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => send({ email: "one@example.com", firstname: `Name ${index}` })));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    const [customer, ...more] = await customers();
    expect(more).toEqual([]);
    expect(new Set(answers.map(({ json }) => (json as { hookgate_id: string }).hookgate_id))).toEqual(new Set([customer!.id]));
    expect(await calls()).toHaveLength(50);
  });

  test("a mapping that is changed holds from the next call on", async () => {
    const { send, customers, hookgate: place, owner, webhook } = await receiving(hookgate);
    await send({ email: "a@example.com" });
    const actor = { brandId: owner.brandId, userId: owner.id, isAdmin: false };
    await place.services.webhooks.setMapping(actor, webhook.id, BY_EMAIL);
    await send({ email: "b@example.com" });
    expect((await customers()).map(({ fields }) => fields.emailaddress)).toEqual(["b@example.com"]);
  });
});

describe("which webhook", () => {
  test.each([[UNKNOWN], ["not-an-id"], [UNKNOWN.toUpperCase()], [`${UNKNOWN}/more`], [""], ["%00"], ["..%2f.."]])(
    "404 for %j, authenticated or not",
    async (id) => {
      const { token } = await receiving(hookgate);
      for (const authorization of [`Bearer ${token}`, undefined]) {
        const answer = await post(`${hookgate.url}/hooks/${id}`, {}, { authorization, "content-type": "application/json" });
        expect(answer.status).toBe(404);
        expect(answer.json).toMatchObject({ type: "urn:hookgate:problem:no-such-webhook", status: 404 });
        expect(answer.headers.get("www-authenticate")).toBeNull();
      }
    },
  );

  test("404 for a webhook whose authentication was not chosen yet", async () => {
    const { owner, token } = await receiving(hookgate);
    const draft = await hookgate.services.webhooks.add({ brandId: owner.brandId, ownerId: owner.id, name: "Draft", authentication: null, mapping: null });
    if (draft.kind !== "added") throw new Error("not added");
    expect((await post(`${hookgate.url}/hooks/${draft.webhook.id}`, {}, { authorization: `Bearer ${token}` })).status).toBe(404);
  });

  test("404 at once after it was deleted; its calls stay", async () => {
    const { send, calls, owner, webhook } = await receiving(hookgate);
    await send({});
    await hookgate.services.webhooks.delete({ brandId: owner.brandId, userId: owner.id, isAdmin: false }, webhook.id);
    expect((await send({})).status).toBe(404);
    expect(await calls()).toHaveLength(1);
  });

  test.each([["GET"], ["PUT"], ["PATCH"], ["DELETE"], ["OPTIONS"], ["PROPFIND"], ["QUERY"]])(
    "405 with Allow for %s (RFC 9110 section 15.5.6)",
    async (method) => {
      const { endpoint, calls } = await receiving(hookgate);
      const answer = await post(endpoint, method === "GET" ? null : "{}", { "content-type": "nonsense" }, method);
      expect(answer.status).toBe(405);
      expect(answer.headers.get("allow")).toBe("POST");
      expect(answer.json).toMatchObject({ type: "urn:hookgate:problem:method-not-allowed" });
      expect((await calls())[0]).toMatchObject({ status: 405, authenticated: false, reason: `The call used ${method}; a webhook takes POST only.` });
    },
  );

  test("405 for HEAD, without a body", async () => {
    const { endpoint } = await receiving(hookgate);
    const answer = await post(endpoint, null, {}, "HEAD");
    expect(answer).toMatchObject({ status: 405, text: "" });
  });
});

describe("who may call", () => {
  test("6750-01: nobody without credentials: 401 with a challenge that has no error (RFC 6750 section 3.1)", async () => {
    const { send, calls } = await receiving(hookgate);
    const answer = await send(SEED_BODY, { authorization: undefined });
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="Hookgate"');
    expect((await calls())[0]).toMatchObject({ status: 401, authenticated: false, body: null, applicationName: null });
  });

  test.each([["nonsense"], ["hga_nonsense"], ["hgs_secret"]])("6750-02: 401 invalid_token for %s", async (token) => {
    const { send } = await receiving(hookgate);
    const answer = await send({}, { authorization: `Bearer ${token}` });
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toContain('error="invalid_token"');
  });

  test("6750-02: 401 invalid_token after the token expired", async () => {
    const { send, clientId, tokenFor } = await receiving(hookgate);
    const token = await tokenFor(clientId);
    hookgate.clock.advance(3_600_000);
    expect((await send({}, { authorization: `Bearer ${token}` })).status).toBe(401);
  });

  test.each([["Bearer"], ["Bearer "], ["Bearer a b"], ["Bearer {token}"], ["Bearer ä"]])("6750-02: 400 invalid_request for %j", async (authorization) => {
    const { send } = await receiving(hookgate);
    const answer = await send({}, { authorization: Buffer.from(authorization).toString("latin1") });
    expect(answer.status).toBe(400);
    expect(answer.headers.get("www-authenticate")).toContain('error="invalid_request"');
    expect(answer.json).toMatchObject({ type: "urn:hookgate:problem:malformed-credentials" });
  });

  test("6750-04: 400 invalid_request for a token in the header and another one in the address", async () => {
    const { endpoint, token } = await receiving(hookgate);
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    expect((await post(`${endpoint}?access_token=${token}`, {}, headers)).status).toBe(400);
    expect((await post(`${endpoint}?not_access_token=1`, {}, headers)).status).toBe(200);
  });

  test("6750-05: a token in the address alone is no credential", async () => {
    const { endpoint, token } = await receiving(hookgate);
    const answer = await post(`${endpoint}?access_token=${token}`, {}, { "content-type": "application/json" });
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="Hookgate"');
  });

  test("403 insufficient_scope without the scope for webhooks, logged with the application's name", async () => {
    const { send, clientId, tokenFor, calls } = await receiving(hookgate);
    const answer = await send({}, { authorization: `Bearer ${await tokenFor(clientId, ["offline_access"])}` });
    expect(answer.status).toBe(403);
    expect(answer.headers.get("www-authenticate")).toContain('error="insufficient_scope"');
    expect(answer.headers.get("www-authenticate")).toContain('scope="apps.webhook:execute"');
    expect((await calls())[0]).toMatchObject({ status: 403, authenticated: false, body: null, applicationName: "Shop sync" });
  });

  test("401 for a token of another brand's application, and nothing is written in either brand", async () => {
    const [mine, theirs] = [await receiving(hookgate, BY_EMAIL), await receiving(hookgate, BY_EMAIL)];
    const answer = await mine.send({ email: "a@example.com" }, { authorization: `Bearer ${theirs.token}` });
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toContain('error="invalid_token"');
    expect([...(await mine.customers()), ...(await theirs.customers()), ...(await theirs.calls())]).toEqual([]);
  });

  test("any application of the brand may call any webhook of the brand", async () => {
    const { send, brandId, tokenFor } = await receiving(hookgate);
    const colleague = await addUser(hookgate, { brandId, role: "member", name: "Colleague" });
    const token = await tokenFor(await addApplication(hookgate, colleague));
    expect((await send({}, { authorization: `bearer ${token}` })).status).toBe(200);
  });

  test("401 while the brand's OAuth 2.0 server is switched off; the same token works again after", async () => {
    const { send, brandId } = await receiving(hookgate);
    await hookgate.store.brands.deactivateModule(brandId, "oauth2-server");
    expect((await send({})).status).toBe(401);
    await hookgate.store.brands.activateModule(brandId, "oauth2-server", hookgate.clock.now());
    expect((await send({})).status).toBe(200);
  });

  test("401 once the application was deleted", async () => {
    const { send, owner, clientId, calls } = await receiving(hookgate);
    await hookgate.services.applications.delete({ brandId: owner.brandId, userId: owner.id, isAdmin: false }, clientId);
    expect((await send({})).status).toBe(401);
    expect((await calls())[0]?.reason).toBe("The application was deleted.");
  });

  test("401 for every caller while the webhook's owner is not active, and the owner's page says why", async () => {
    const { brandId, owner, webhook, calls, endpoint } = await receiving(hookgate);
    const admin = await addUser(hookgate, { brandId, role: "admin", name: "Admin" });
    const other = await addApplication(hookgate, admin);
    const { accessToken } = await hookgate.services.accessTokens.issue({
      clientId: other,
      grantId: null,
      userId: null,
      grantedScopes: ["apps.webhook:execute"],
    });
    const call = () => post(endpoint, {}, { authorization: `Bearer ${accessToken}`, "content-type": "application/json" });
    expect((await call()).status).toBe(200);
    expect(await hookgate.services.userService.deactivate(brandId, owner.id)).toBe("deactivated");
    const answer = await call();
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toContain('error="invalid_token"');
    expect(answer.text).not.toContain("owner");
    expect((await calls()).find(({ webhookId, status }) => webhookId === webhook.id && status === 401)?.reason).toBe(
      "The user who owns the webhook is not active.",
    );
  });

  test("of unauthenticated calls the newest 1,000 are kept", async () => {
    const { send, calls } = await receiving(hookgate);
    for (let round = 0; round < 11; round++) {
      await Promise.all(Array.from({ length: 100 }, () => send({}, { authorization: undefined })));
      hookgate.clock.advance(1_000);
    }
    // The log is written at most 100 times a second: the last of them may wait for the next one.
    await expect.poll(async () => (await calls()).length, { timeout: 5_000 }).toBe(1_000);
  });

  test("of a flood of unauthenticated calls 200 a second are logged, and all are refused", async () => {
    const { send, calls } = await receiving(hookgate);
    const answers = await Promise.all(Array.from({ length: 300 }, () => send({}, { authorization: undefined })));
    expect(answers.every(({ status }) => status === 401)).toBe(true);
    await send({ email: "ada@example.com" });
    await expect.poll(async () => (await calls()).length, { timeout: 5_000 }).toBe(201);
  });
});

describe("every answer", () => {
  test("carries a reference, is not stored and not sniffed", async () => {
    const { send, endpoint, token } = await receiving(hookgate);
    const answers = [
      await send({}),
      await send("nonsense"),
      await send({}, { authorization: undefined }),
      await post(endpoint, null, {}, "GET"),
      await post(`${hookgate.url}/hooks/${UNKNOWN}`, {}, { authorization: `Bearer ${token}` }),
    ];
    for (const { headers } of answers) {
      expect(headers.get("hookgate-reference")).toMatch(/^[\w-]{8,40}$/);
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("set-cookie")).toBeNull();
    }
    expect(new Set(answers.map(({ headers }) => headers.get("hookgate-reference"))).size).toBe(answers.length);
  });

  test("of a refusal is problem details (RFC 9457)", async () => {
    const { send } = await receiving(hookgate);
    const answer = await send('{"email": nonsense}');
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.json).toEqual({
      type: "urn:hookgate:problem:not-json",
      title: "The body is not JSON",
      status: 400,
      detail: "A value was expected at line 1, column 11.",
    });
  });
});

test("brands are apart: the same key makes one customer in each", async () => {
  const [one, two] = [await receiving(hookgate, BY_EMAIL), await receiving(hookgate, BY_EMAIL)];
  const [first, second] = await Promise.all([one.send({ email: "a@example.com" }), two.send({ email: "a@example.com" })]);
  expect((first.json as { hookgate_id: string }).hookgate_id).not.toBe((second.json as { hookgate_id: string }).hookgate_id);
  expect(await one.customers()).toHaveLength(1);
  expect(await two.customers()).toHaveLength(1);
  expect(await addBrand(hookgate, "Another brand")).not.toBe(one.brandId);
});
