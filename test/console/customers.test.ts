import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CustomerFields } from "../../src/customers/customer.ts";
import { SYSTEM_FIELD_NAMES, systemField } from "../../src/customers/customer-fields.ts";
import { newTimeOrderedId } from "../../src/lib/id.ts";
import { decodeEntities, textOf, type HttpBrowser } from "../support/http-browser.ts";
import { collectPages, rowHrefs } from "../support/lists.ts";
import { addBrand, addCustomers, addUser, addWebhook, signedIn } from "../support/records.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";

let hookgate: TestHookgate;
beforeAll(async () => {
  hookgate = await startHookgate();
});
afterAll(() => hookgate.close());

/** A brand of its own with these customers, oldest first, seen by one of its members. */
async function brandWith(
  customers: readonly CustomerFields[],
): Promise<{ readonly browser: HttpBrowser; readonly ids: readonly string[]; readonly brandId: string }> {
  const brandId = await addBrand(hookgate, `Brand ${brands++}`);
  const owner = await addUser(hookgate, { brandId, role: "admin", name: "Owner" });
  const member = await addUser(hookgate, { brandId, role: "member", name: "Member" });
  const webhook = await addWebhook(hookgate, owner, "Sign-ups");
  const { customerIds } = await addCustomers(hookgate, webhook, customers);
  return { browser: await signedIn(hookgate, member), ids: customerIds, brandId };
}
let brands = 0;

const hrefsOf = (ids: readonly string[]) => ids.map((id) => `/customers/${id}`);
const search = (browser: HttpBrowser, text: string) => browser.get(`/customers?q=${encodeURIComponent(text)}`);

describe("the list of customers", () => {
  test("an empty brand says what to do next, with one button", async () => {
    const { browser } = await brandWith([]);
    const { status, html } = await browser.get("/customers");
    expect(status).toBe(200);
    expect(textOf(html)).toContain("There are no customers yet.");
    expect(html).toContain('href="/store/webhook"');
    expect(html).not.toContain("<table");
    expect(html).not.toContain('role="search"');
  });

  test("shows one customer by name, e-mail address and company", async () => {
    const { browser, ids } = await brandWith([
      { firstname: "Ada", prefix: "van", lastname: "Lovelace", emailaddress: "ada@example.com", companyname: "Engines" },
    ]);
    const { html } = await browser.get("/customers");
    expect(rowHrefs(html, "/customers/")).toEqual(hrefsOf(ids));
    expect(textOf(html)).toContain("Ada van Lovelace");
    expect(textOf(html)).toContain("ada@example.com");
    expect(textOf(html)).toContain("Engines");
    expect(html).not.toContain('rel="next"');
  });

  test("a customer without a name is called by what tells it apart", async () => {
    const { browser } = await brandWith([{ externalid: "C-1" }, { emailaddress: "x@example.com" }, { city: "Breda" }]);
    const { html } = await browser.get("/customers");
    expect(textOf(html)).toMatch(/Customer without a name.*x@example\.com.*C-1/);
  });

  test("three customers come newest first", async () => {
    const { browser, ids } = await brandWith([{ firstname: "One" }, { firstname: "Two" }, { firstname: "Three" }]);
    const { html } = await browser.get("/customers");
    expect(rowHrefs(html, "/customers/")).toEqual(hrefsOf(ids.toReversed()));
  });

  test("500 customers: the pages show each exactly once, newest first", async () => {
    const { browser, ids } = await brandWith(Array.from({ length: 500 }, (_, index) => ({ firstname: `Person ${index}` })));
    const pages = await collectPages(browser, "/customers", "/customers/");
    expect(pages.flat()).toEqual(hrefsOf(ids.toReversed()));
    expect(pages.length).toBe(10);
  });

  test("a list that fills its page exactly has no further page", async () => {
    const { browser } = await brandWith(Array.from({ length: 50 }, (_, index) => ({ firstname: `Person ${index}` })));
    expect((await collectPages(browser, "/customers", "/customers/")).length).toBe(1);
  });

  test("a page beyond the first leads back to the newest", async () => {
    const { browser } = await brandWith(Array.from({ length: 51 }, () => ({ firstname: "Ada" })));
    const first = await browser.get("/customers");
    expect(textOf(first.html)).not.toContain("Newest");
    const next = /href="([^"]*)" rel="next"/.exec(first.html)![1]!;
    const second = await browser.get(decodeEntities(next));
    expect(textOf(second.html)).toContain("Newest");
    expect(rowHrefs(second.html, "/customers/")).toHaveLength(1);
  });

  test("a cursor that no page of ours made breaks nothing", async () => {
    const { browser } = await brandWith([{ firstname: "Ada" }]);
    const cursors = [
      "x",
      "0",
      "-1",
      "null",
      "[]",
      "{}",
      "%FF",
      "%00",
      "'; drop table customers; --",
      "%F0%9F%92%A9",
      "a".repeat(5_000),
      newTimeOrderedId(0),
      "",
      "&after=x",
    ];
    for (const cursor of cursors) {
      const { status } = await browser.get(`/customers?after=${cursor.replaceAll(" ", "%20")}`);
      expect([200, 400], cursor).toContain(status);
    }
    expect(textOf((await browser.get("/customers")).html)).toContain("Ada");
  });

  test("names of 200 characters and right-to-left names are shown whole and keep to themselves", async () => {
    const long = "x".repeat(200);
    const rightToLeft = "\u202eمحمد الفاتح";
    const { browser } = await brandWith([{ firstname: long, emailaddress: "long@example.com" }, { lastname: rightToLeft }]);
    const { html } = await browser.get("/customers");
    expect(html).toContain(`<bdi>${long}</bdi>`);
    expect(html).toContain(`<bdi>${rightToLeft}</bdi>`);
  });

  test("HTML in values is text, in the list and in the search box", async () => {
    const script = `<script>alert("1")</script>`;
    const { browser, ids } = await brandWith([{ firstname: script, emailaddress: `"><img src=x>`, companyname: "</table>" }]);
    for (const { html } of [
      await browser.get("/customers"),
      await search(browser, script),
      await search(browser, `"><img src=x>`),
      await browser.get(`/customers/${ids[0]}`),
    ]) {
      expect(html).not.toContain("<script>alert");
      expect(html).not.toContain("<img");
      expect(html.split("</table>").length).toBeLessThanOrEqual(2);
    }
    expect(textOf((await browser.get("/customers")).html)).toContain(script);
  });

  test("without a session the browser is sent to the sign-in page and back", async () => {
    const { browser } = await brandWith([]);
    browser.setCookie([...browser.cookies.keys()][0]!, "stranger");
    const { status, headers } = await browser.getOnce("/customers?q=ada");
    expect(status).toBe(303);
    expect(headers.get("location")).toBe("/sign-in?return_to=%2Fcustomers%3Fq%3Dada");
  });
});

describe("searching customers", () => {
  const CUSTOMERS = [
    { firstname: "Ada", companyname: "100% Wool" },
    { firstname: "Bob", companyname: "100 Wool" },
    { firstname: "snake_case", emailaddress: "first_last@example.com" },
    { firstname: "snakeXcase", emailaddress: "firstxlast@example.com" },
    { firstname: `Dwayne "The Rock"`, lastname: "O'Neil" },
    { firstname: "Back\\slash" },
    { firstname: "Jürgen", lastname: "ÖZTÜRK" },
    { city: "Breda", emailaddress: "JANE@Example.COM" },
  ];

  test.each([
    ["a per cent sign is no wildcard", "%", ["Ada"]],
    ["a per cent sign inside a word", "100%", ["Ada"]],
    ["an underscore is no wildcard", "e_c", ["snake_case"]],
    ["an underscore inside an address", "first_", ["snake_case"]],
    ["a single quote", "o'neil", ["Dwayne"]],
    ["double quotes", `"The`, ["Dwayne"]],
    ["a backslash is no escape", "\\", ["Back\\slash"]],
    ["upper case finds lower case", "SNAKE_", ["snake_case"]],
    ["lower case finds upper case", "jane@example.com", ["JANE@Example.COM"]],
    ["letter case beyond ASCII", "JÜRGEN", ["Jürgen"]],
    ["letter case beyond ASCII, the other way", "öztürk", ["Jürgen"]],
    ["a field that the list does not show", "breda", ["JANE"]],
    ["white space around it is ignored", "  bob ", ["Bob"]],
    ["two customers", "wool", ["Bob", "Ada"]],
    ["SQL is text", "' or '1'='1", []],
    ["nothing", "nobody", []],
  ])("%s: %s", async (_, text, found) => {
    const { browser } = await brandWith(CUSTOMERS);
    const { status, html } = await search(browser, text);
    expect(status).toBe(200);
    expect(rowHrefs(html, "/customers/")).toHaveLength(found.length);
    for (const name of found) expect(textOf(html)).toContain(name);
    expect(html).toContain('role="search"');
  });

  test("what was typed stays in the box, and no result says so with one way on", async () => {
    const { browser } = await brandWith(CUSTOMERS);
    const { html } = await search(browser, `no "such" <one>`);
    expect(html).toContain('name="q" value="no &quot;such&quot; &lt;one>"');
    expect(textOf(html)).toContain(`No customer has a value that contains “ no "such" <one> ”`);
    expect(textOf(html)).toContain("Show all customers");
  });

  test("paging stays within what was searched", async () => {
    const { browser, ids } = await brandWith(Array.from({ length: 240 }, (_, index) => ({ companyname: index % 2 === 0 ? "A & B" : "C" })));
    const pages = await collectPages(browser, `/customers?q=${encodeURIComponent("a & b")}`, "/customers/");
    expect(pages.flat()).toEqual(hrefsOf(ids.filter((_, index) => index % 2 === 0).toReversed()));
  });

  test("a search that cannot be read is answered 400, a doubled one is none", async () => {
    const { browser } = await brandWith(CUSTOMERS);
    expect((await browser.get("/customers?q=%E4")).status).toBe(400);
    expect((await browser.get("/customers?q=a%00")).status).toBe(400);
    expect(rowHrefs((await browser.get("/customers?q=a&q=b")).html, "/customers/")).toHaveLength(CUSTOMERS.length);
  });

  test("finds nothing of another brand", async () => {
    await brandWith([{ firstname: "Unmistakable" }]);
    const { browser } = await brandWith([{ firstname: "Ada" }]);
    expect(rowHrefs((await search(browser, "unmistakable")).html, "/customers/")).toEqual([]);
  });
});

describe("one customer", () => {
  test("shows every field that has a value with its label and its name, and no other", async () => {
    const values = Object.fromEntries(SYSTEM_FIELD_NAMES.filter((name) => name !== "faxnumber").map((name) => [name, `value of ${name}`]));
    const { browser, ids } = await brandWith([{ ...values, optin: "N", smsoptin: "Y", gender: "WOMAN" }]);
    const { status, html } = await browser.get(`/customers/${ids[0]}`);
    expect(status).toBe(200);
    for (const name of SYSTEM_FIELD_NAMES) {
      const shown = html.includes(`<code>${name}</code>`);
      expect(shown, name).toBe(name !== "faxnumber");
      if (shown) expect(textOf(html)).toContain(systemField(name).label);
    }
    expect(textOf(html)).toContain("value of alt_addressnumbersuffix");
    expect(textOf(html)).toContain("WOMAN");
  });

  test("offers hookgate_id for copying, and the way back", async () => {
    const { browser, ids } = await brandWith([{ firstname: "Ada" }]);
    const { html } = await browser.get(`/customers/${ids[0]}`);
    expect(textOf(html)).toContain("hookgate_id");
    expect(html).toMatch(new RegExp(`data-copy-source[^>]*>\\s*${ids[0]}`));
    expect(html).toMatch(/<nav[^>]*aria-label="Breadcrumb"[^>]*>\s*<a href="\/customers"/);
  });

  test("keeps line breaks and spaces of a value", async () => {
    const { browser, ids } = await brandWith([{ address: "Street 1\n  second floor" }]);
    expect((await browser.get(`/customers/${ids[0]}`)).html).toContain("Street 1\n  second floor");
  });

  test("another brand's customer, an unknown one and what is no id are all 404 alike", async () => {
    const { ids } = await brandWith([{ firstname: "Unmistakable" }]);
    const { browser } = await brandWith([{ firstname: "Ada" }]);
    for (const id of [ids[0]!, newTimeOrderedId(0), ids[0]!.toUpperCase(), "1", "%00", "x".repeat(2_000)]) {
      const { status, html } = await browser.get(`/customers/${id}`);
      expect(Math.floor(status / 100), id).toBe(4);
      expect(html).not.toContain("Unmistakable");
    }
  });
});
