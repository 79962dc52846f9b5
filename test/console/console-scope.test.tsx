import Fastify, { type FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { registerConsoleScope, type ConsoleKit } from "../../src/web/console-scope.tsx";
import { createCookies } from "../../src/web/cookies.ts";
import { PlainPage } from "../../src/web/layout.tsx";
import { notFound } from "../../src/web/page-error.ts";
import { Form } from "../../src/web/parts/form.tsx";
import { renderPage } from "../../src/web/render.tsx";

const ORIGIN = "http://127.0.0.1:4400";

/** Reversible and readable, so that a test can also forge: who may seal is the key ring's subject. */
const sealer = {
  seal: (text: string) => `sealed.${Buffer.from(text).toString("base64url")}`,
  open: (sealed: string) => (sealed.startsWith("sealed.") ? Buffer.from(sealed.slice(7), "base64url").toString() : undefined),
};

const kit: ConsoleKit = {
  baseUrl: new URL(ORIGIN),
  clock: { now: () => 1_700_000_000_000 },
  cookies: createCookies(new URL(ORIGIN)),
  assets: { url: (name) => `/assets/${name}`, register: () => {} },
  navigation: [],
  formTokens: sealer,
  flashes: sealer,
};

let app: FastifyInstance;
let posts: number;

beforeEach(async () => {
  posts = 0;
  app = Fastify({ genReqId: () => "reference-of-this-request" });
  await registerConsoleScope(app, kit, (scope) => {
    scope.get("/form", (request, reply) =>
      renderPage(
        request,
        reply,
        <PlainPage title="Form">
          <Form action="/form">fields</Form>
        </PlainPage>,
      ),
    );
    scope.post("/form", (_request, reply) => {
      posts += 1;
      return reply.setFlash({ notice: "It was saved." }).redirect("/form", 303);
    });
    scope.post("/open-to-all", { config: { acceptsForeignForms: true } }, () => {
      posts += 1;
      return "";
    });
    scope.get("/poll", () => ({ arrived: false }));
    scope.get("/secret-address", { config: { noReferrer: true } }, (request, reply) => renderPage(request, reply, <PlainPage title="x">text</PlainPage>));
    scope.get("/missing", () => {
      throw notFound("webhook");
    });
    scope.get("/broken", () => {
      throw new Error("the database password is hunter2");
    });
  });
});

afterEach(() => app.close());

interface Browser {
  readonly cookie: string;
  readonly token: string;
}

/** A browser that has loaded the page with the form. */
async function openForm(): Promise<Browser> {
  const answer = await app.inject({ url: "/form" });
  const token = /name="form_token" value="([^"]+)"/.exec(answer.body)?.[1];
  const cookie = answer.cookies.find(({ name }) => name === kit.cookies.browser);
  if (!token || !cookie) throw new Error("The page has no form token or sets no cookie.");
  return { token, cookie: `${cookie.name}=${cookie.value}` };
}

function post(url: string, { cookie }: Pick<Browser, "cookie">, body: string, headers: Readonly<Record<string, string>> = {}) {
  return app.inject({
    method: "POST",
    url,
    headers: { cookie, "content-type": "application/x-www-form-urlencoded", ...headers },
    payload: body,
  });
}

const tokenOf = ({ token }: Browser) => `form_token=${encodeURIComponent(token)}`;

describe("a form", () => {
  test("is taken from the browser that it was made for", async () => {
    const browser = await openForm();
    const answer = await post("/form", browser, tokenOf(browser), { origin: ORIGIN, "sec-fetch-site": "same-origin" });
    expect(answer.statusCode).toBe(303);
    expect(posts).toBe(1);
  });

  test("is taken from a browser that tells nothing about where it comes from, when its token fits", async () => {
    const browser = await openForm();
    expect((await post("/form", browser, tokenOf(browser))).statusCode).toBe(303);
  });

  test.each([
    ["another site's Origin", { origin: "https://evil.example" }],
    ["our host on another port", { origin: "http://127.0.0.1:4401" }],
    ["our host over another scheme", { origin: "https://127.0.0.1:4400" }],
    ["an Origin that begins like ours", { origin: `${ORIGIN}.evil.example` }],
    ["Sec-Fetch-Site: cross-site, though Origin is ours", { origin: ORIGIN, "sec-fetch-site": "cross-site" }],
    ["Sec-Fetch-Site: same-site, which a sibling domain sends", { origin: ORIGIN, "sec-fetch-site": "same-site" }],
    ["Origin: null without Sec-Fetch-Site", { origin: "null" }],
    ["Origin: null from another site", { origin: "null", "sec-fetch-site": "cross-site" }],
    ["Origin: null typed in by hand", { origin: "null", "sec-fetch-site": "none" }],
  ])("is refused with %s, even with the right token (RFC 6749 section 10.12)", async (_name, headers) => {
    const browser = await openForm();
    expect((await post("/form", browser, tokenOf(browser), headers)).statusCode).toBe(403);
    expect(posts).toBe(0);
  });

  test("is taken with Origin: null when the browser says same-origin, as pages without referrer make it", async () => {
    const browser = await openForm();
    expect((await post("/form", browser, tokenOf(browser), { origin: "null", "sec-fetch-site": "same-origin" })).statusCode).toBe(303);
  });

  test("is refused without a token", async () => {
    expect((await post("/form", await openForm(), "name=x", { origin: ORIGIN })).statusCode).toBe(403);
    expect(posts).toBe(0);
  });

  test("is refused with a token that comes twice, also twice the right one", async () => {
    const browser = await openForm();
    expect((await post("/form", browser, `${tokenOf(browser)}&${tokenOf(browser)}`, { origin: ORIGIN })).statusCode).toBe(403);
    expect(posts).toBe(0);
  });

  test("is refused with the token of another browser", async () => {
    const [mine, theirs] = [await openForm(), await openForm()];
    expect((await post("/form", mine, tokenOf(theirs), { origin: ORIGIN })).statusCode).toBe(403);
    expect(posts).toBe(0);
  });

  test("is refused with a token that nobody sealed", async () => {
    const browser = await openForm();
    expect((await post("/form", browser, `form_token=${browser.token.slice(7)}`, { origin: ORIGIN })).statusCode).toBe(403);
  });

  test("is refused without any cookie, and with an empty one", async () => {
    const browser = await openForm();
    const forEmptyCookie = `form_token=${encodeURIComponent(sealer.seal(""))}`;
    expect((await post("/form", { cookie: "" }, tokenOf(browser), { origin: ORIGIN })).statusCode).toBe(403);
    expect((await post("/form", { cookie: `${kit.cookies.session}=; ${kit.cookies.browser}=` }, forEmptyCookie, { origin: ORIGIN })).statusCode).toBe(403);
    expect(posts).toBe(0);
  });

  test("is refused once a session took the place of the cookie that it was made for", async () => {
    const browser = await openForm();
    const signedIn = { cookie: `${browser.cookie}; ${kit.cookies.session}=hgn_new` };
    expect((await post("/form", signedIn, tokenOf(browser), { origin: ORIGIN })).statusCode).toBe(403);
  });

  test("never carries the session itself: the page holds what was made of it", async () => {
    const answer = await app.inject({ url: "/form", headers: { cookie: `${kit.cookies.session}=the-session-secret` } });
    const token = /name="form_token" value="([^"]+)"/.exec(answer.body)?.[1] ?? "";
    expect(sealer.open(token)).not.toContain("the-session-secret");
  });

  test("brings its cookie along; a page without a form leaves none", async () => {
    expect((await app.inject({ url: "/form" })).cookies).toMatchObject([{ name: kit.cookies.browser }]);
    expect((await app.inject({ url: "/no-such-page" })).cookies).toEqual([]);
  });

  test("of another site reaches only a route that says so", async () => {
    const answer = await post("/open-to-all", { cookie: "" }, "client_id=x", { origin: "https://client.example", "sec-fetch-site": "cross-site" });
    expect(answer.statusCode).toBe(200);
  });

  test("that was sent as JSON, text or multipart is refused with a page (415)", async () => {
    const browser = await openForm();
    for (const type of ["application/json", "text/plain", "multipart/form-data; boundary=x"]) {
      const answer = await post("/form", browser, `{"form_token":"${browser.token}"}`, { origin: ORIGIN, "content-type": type });
      expect(answer.statusCode).toBe(415);
      expect(answer.headers["content-type"]).toBe("text/html; charset=utf-8");
    }
    expect(posts).toBe(0);
  });

  test("longer than 256 KB is refused with a page that says how long it may be (413)", async () => {
    const browser = await openForm();
    const answer = await post("/form", browser, `${tokenOf(browser)}&text=${"x".repeat(256 * 1024)}`, { origin: ORIGIN });
    expect(answer.statusCode).toBe(413);
    expect(answer.body).toContain("256 KB");
  });

  test("with broken percent-encoding is refused with a page (400)", async () => {
    const browser = await openForm();
    expect((await post("/form", browser, `${tokenOf(browser)}&name=%ZZ`, { origin: ORIGIN })).statusCode).toBe(400);
  });
});

/** The value that the answer gives the flash cookie; undefined when it leaves the cookie alone. */
function flashSetBy(answer: Awaited<ReturnType<typeof app.inject>>) {
  return answer.cookies.find(({ name }) => name === kit.cookies.flash);
}

/** The cookies of a browser whose form was just saved. */
async function saved(): Promise<string> {
  const browser = await openForm();
  const cookie = flashSetBy(await post("/form", browser, tokenOf(browser), { origin: ORIGIN }));
  return `${browser.cookie}; ${cookie?.name}=${cookie?.value}`;
}

describe("a one-time message", () => {
  test("is shown by the next page, which takes it away", async () => {
    const answer = await app.inject({ url: "/form", headers: { cookie: await saved() } });
    expect(answer.body).toContain("It was saved.");
    expect(flashSetBy(answer)).toMatchObject({ value: "", expires: new Date(0) });
  });

  test("outlives answers that are no page, so that a poll in another tab does not eat a secret that is shown once", async () => {
    expect(flashSetBy(await app.inject({ url: "/poll", headers: { cookie: await saved() } }))).toBeUndefined();
    expect(flashSetBy(await app.inject({ method: "HEAD", url: "/form", headers: { cookie: await saved() } }))).toBeUndefined();
  });

  test("that was not sealed here is nothing", async () => {
    const answer = await app.inject({ url: "/form", headers: { cookie: `${kit.cookies.flash}={"notice":"You won."}` } });
    expect(answer.statusCode).toBe(200);
    expect(answer.body).not.toContain("You won.");
  });

  test("lives in a cookie that no script reads and that ends by itself", async () => {
    const browser = await openForm();
    expect(flashSetBy(await post("/form", browser, tokenOf(browser), { origin: ORIGIN }))).toMatchObject({
      httpOnly: true,
      sameSite: "Lax",
      path: "/",
      maxAge: 300,
    });
  });
});

describe("an error page", () => {
  test("holds the reference and nothing of the error itself (500)", async () => {
    const answer = await app.inject({ url: "/broken" });
    expect(answer.statusCode).toBe(500);
    expect(answer.body).toContain("reference-of-this-request");
    expect(answer.body).not.toContain("hunter2");
    expect(answer.body).not.toContain("    at ");
  });

  test("says what happened, what to do and the reference, in this order", async () => {
    const { body } = await app.inject({ url: "/missing" });
    const places = ["There is no webhook here.", "Go back to the list", "reference-of-this-request"].map((text) => body.indexOf(text));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places).not.toContain(-1);
  });

  test("answers addresses that nobody knows, whatever the method (404)", async () => {
    expect((await app.inject({ url: "/no-such-page" })).statusCode).toBe(404);
    expect((await post("/no-such-page", { cookie: "" }, "a=b")).statusCode).toBe(404);
  });
});

describe("every answer", () => {
  const cases = [
    ["a page", "/form", 200],
    ["an error page", "/broken", 500],
    ["a page that says what is missing", "/missing", 404],
    ["an unknown address", "/no-such-page", 404],
  ] as const;

  test.each(cases)("%s carries the security headers", async (_name, url, status) => {
    const { statusCode, headers } = await app.inject({ url });
    expect(statusCode).toBe(status);
    expect(headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "same-origin",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      "cache-control": "no-store",
    });
    const policy = String(headers["content-security-policy"]);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toMatch(/unsafe-|\*|data:|https?:/);
  });

  test.each([
    ["https://hooks.example.com/", "max-age=31536000"],
    // The host is not ours alone, or there is no https to insist on.
    ["https://example.com/hooks", undefined],
    [ORIGIN, undefined],
  ])("at %s Strict-Transport-Security is %s (RFC 6797)", async (url, expected) => {
    const there = Fastify();
    await registerConsoleScope(there, { ...kit, baseUrl: new URL(url) }, () => {});
    expect((await there.inject({ url: "/" })).headers["strict-transport-security"]).toBe(expected);
    await there.close();
  });

  test("to a form that was refused carries them too", async () => {
    const { headers } = await post("/form", await openForm(), "name=x");
    expect(headers["content-security-policy"]).toContain("default-src 'none'");
    expect(headers["cache-control"]).toBe("no-store");
  });

  test("of an address that carries a code or state names no referrer (RFC 9700 section 4.2.4)", async () => {
    expect((await app.inject({ url: "/secret-address" })).headers["referrer-policy"]).toBe("no-referrer");
  });

  test("holds no inline script, style or handler", async () => {
    for (const [, url] of cases) {
      const { body } = await app.inject({ url });
      expect(body).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=/i);
    }
  });
});

describe("cookies", () => {
  test("over https carry the __Host- prefix and Secure, over http on loopback neither", () => {
    const secure = createCookies(new URL("https://hookgate.example"));
    expect(secure.session).toMatch(/^__Host-/);
    expect(secure.options).toMatchObject({ secure: true, httpOnly: true, path: "/", sameSite: "lax" });
    expect(secure.options).not.toHaveProperty("domain");
    expect(createCookies(new URL(ORIGIN)).session).not.toMatch(/^__Host-/);
  });
});
