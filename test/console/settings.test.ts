import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { textOf, type HttpBrowser } from "../support/http-browser.ts";
import { addBrand, addUser, signedIn } from "../support/records.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";

let hookgate: TestHookgate;
beforeAll(async () => {
  hookgate = await startHookgate();
});
afterAll(() => hookgate.close());

let brands = 0;
async function scene(): Promise<{ readonly brandId: string; readonly name: string; readonly admin: HttpBrowser; readonly member: HttpBrowser }> {
  const name = `Brand ${brands++}`;
  const brandId = await addBrand(hookgate, name);
  const admin = await addUser(hookgate, { brandId, role: "admin", name: "Admin" });
  const member = await addUser(hookgate, { brandId, role: "member", name: "Member" });
  return { brandId, name, admin: await signedIn(hookgate, admin), member: await signedIn(hookgate, member) };
}

describe("settings", () => {
  test("an admin changes name and time zone, and every page says so at once", async () => {
    const { brandId, admin, member } = await scene();
    await admin.get("/settings");
    const { html } = await admin.submit("/settings", { name: "  Café Zürich  ", timeZone: "Europe/Zurich" });
    expect(textOf(html)).toContain("The settings are saved.");
    expect(await hookgate.store.brands.findBrand(brandId)).toMatchObject({ name: "Café Zürich", timeZone: "Europe/Zurich" });
    const seen = textOf((await member.get("/settings")).html);
    expect(seen).toContain("Café Zürich");
    expect(seen).toContain("Europe/Zurich");
  });

  test("calls are kept for ever until an admin says otherwise; keeping fewer is asked once more, keeping more is not", async () => {
    const { brandId, admin, member } = await scene();
    const kept = async () => (await hookgate.store.brands.findBrand(brandId))?.callsKeptDays;
    expect(textOf((await member.get("/settings")).html)).toContain("Calls are kept For ever");
    await admin.get("/settings");
    const asked = await admin.submit("/settings", { callsKept: "90", name: "Renamed with it" });
    expect(textOf(asked.html)).toContain("Keep calls for 90 days?");
    expect(textOf(asked.html)).toContain("This cannot be undone.");
    expect(await kept()).toBeUndefined();
    expect(textOf((await admin.submit("/settings")).html)).toContain("The settings are saved.");
    expect(await hookgate.store.brands.findBrand(brandId)).toMatchObject({ name: "Renamed with it", callsKeptDays: 90 });
    expect(textOf((await member.get("/settings")).html)).toContain("Calls are kept For 90 days");

    await admin.get("/settings");
    expect(textOf((await admin.submit("/settings", { callsKept: "30" })).html)).toContain("Keep calls for 30 days?");
    expect(await kept()).toBe(90);
    for (const [callsKept, days] of [
      ["90", 90],
      ["365", 365],
      ["forever", undefined],
    ] as const) {
      await admin.get("/settings");
      expect(textOf((await admin.submit("/settings", { callsKept })).html)).toContain("The settings are saved.");
      expect(await kept()).toBe(days);
    }
  });

  test.each(["", "0", "1", "-7", "7.0", "07", "8", "1e2", "Infinity", "null", "NaN", "90 days", "99999999999999999999"])(
    "%j is no time to keep calls",
    async (callsKept) => {
      const { brandId, admin } = await scene();
      await admin.get("/settings");
      const { status, html } = await admin.submit("/settings", { callsKept, confirmed: "yes" });
      expect([status, textOf(html).includes("Choose how long calls are kept.")]).toEqual([422, true]);
      expect((await hookgate.store.brands.findBrand(brandId))?.callsKeptDays).toBeUndefined();
    },
  );

  test("everybody sees the addresses that an application needs, ready to copy", async () => {
    const { member } = await scene();
    const { html } = await member.get("/settings");
    for (const address of [`${hookgate.url}/oauth2/token`, `${hookgate.url}/oauth2/auth`, hookgate.url]) {
      expect(html).toMatch(new RegExp(`data-copy-source[^>]*>\\s*${address.replaceAll(".", "\\.")}\\s*<`));
    }
  });

  test("admins see the keys by their states, members do not", async () => {
    const { admin, member } = await scene();
    expect(textOf((await admin.get("/settings")).html)).toMatch(/Keys.*Active/);
    expect(textOf((await member.get("/settings")).html)).not.toContain("Keys");
  });

  test("a member cannot change anything: there is no form, and posting is 403", async () => {
    const { brandId, name, member } = await scene();
    const { html } = await member.get("/settings");
    expect(html).not.toContain('action="/settings"');
    expect((await member.post("/settings", { name: "Taken over", timeZone: "UTC" })).status).toBe(403);
    expect((await hookgate.store.brands.findBrand(brandId))?.name).toBe(name);
  });

  test.each([
    ["no name", { name: "   ", timeZone: "UTC" }, "Give the brand a name."],
    ["a name of 201 characters", { name: "x".repeat(201), timeZone: "UTC" }, "Shorten the name"],
    ["a name that turns text around", { name: "Acme \u202eemcA", timeZone: "UTC" }, "control characters"],
    ["a time zone that there is not", { name: "Acme", timeZone: "Mars/Olympus" }, "Choose a time zone"],
    ["no time zone", { name: "Acme", timeZone: "" }, "Choose a time zone"],
  ])("refuses %s beside the field and keeps what was typed", async (_, fields, message) => {
    const { brandId, name, admin } = await scene();
    await admin.get("/settings");
    const { status, html } = await admin.submit("/settings", fields);
    expect(status).toBe(422);
    expect(textOf(html)).toContain(message);
    if (fields.name.trim()) expect(html).toContain(`value="${fields.name}"`);
    expect((await hookgate.store.brands.findBrand(brandId))?.name).toBe(name);
  });

  test("a name of 200 characters beyond the basic plane is accepted", async () => {
    const { admin } = await scene();
    await admin.get("/settings");
    expect((await admin.submit("/settings", { name: "𝄞".repeat(200), timeZone: "UTC" })).status).toBe(200);
  });

  test("another brand's name is refused in any letter case; one's own may change its case", async () => {
    const { name: taken } = await scene();
    const { admin, name } = await scene();
    await admin.get("/settings");
    expect((await admin.submit("/settings", { name: taken.toUpperCase(), timeZone: "UTC" })).status).toBe(422);
    expect(textOf(admin.page.html)).toContain("This name is taken.");
    expect((await admin.submit("/settings", { name: name.toUpperCase(), timeZone: "UTC" })).status).toBe(200);
  });

  test("HTML in a name is text", async () => {
    const { admin } = await scene();
    await admin.get("/settings");
    const { html } = await admin.submit("/settings", { name: `<script>"1"</script> ${brands}`, timeZone: "UTC" });
    expect(html).not.toContain('<script>"1"');
    expect(textOf(html)).toContain(`<script>"1"</script>`);
  });
});
