/** Every page, as people with a keyboard, a screen reader, a phone or a dark screen get it. Only a real browser can tell. */
import axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { expect, test } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import { visitEveryPage } from "../support/every-page.ts";
import { SENSITIVE_VALUE, type Scene } from "../support/scene.ts";
import { Installation } from "../support/program.ts";

/** Both schemes and both widths, without looking at everything four times. */
const VIEWS = [
  { viewport: { width: 1280, height: 800 }, colorScheme: "light", isMobile: false },
  { viewport: { width: 390, height: 844 }, colorScheme: "dark", isMobile: true },
] as const;
const POP_UP = { viewport: { width: 480, height: 640 }, colorScheme: "light", isMobile: false } as const;

interface Findings {
  /** What axe-core finds to mend, with where. */
  readonly rules: string[];
  /** Pages that show a value of a sensitive field. */
  readonly told: string[];
  /** What reaches beyond the window, or below a pop-up. */
  readonly overflow: string[];
  /** What the browser wrote on its console: a policy that blocked something, a script that failed. */
  readonly console: string[];
}

test(
  "axe-core finds nothing to mend on any page; every page fits its window, shows no sensitive value and breaks no policy of its own",
  { timeout: 300_000 },
  async () => {
    const installation = new Installation();
    const server = await installation.serve();
    const browser = await launchChromium();
    const findings: Findings = { rules: [], told: [], overflow: [], console: [] };
    let scenes = 0;
    try {
      const windows = await Promise.all(VIEWS.map((view) => openWindow(browser, view, findings)));
      const popUp = await openWindow(browser, POP_UP, findings);
      await visitEveryPage(installation, server, browser, async (scene) => {
        scenes += 1;
        await Promise.all((scene.popUp ? [...windows, popUp] : windows).map((window) => examine(window, server.url, scene, findings)));
      });
    } finally {
      await browser.close();
      await server.stop();
      installation.remove();
    }
    expect(scenes).toBeGreaterThan(60);
    expect(findings).toEqual({ rules: [], told: [], overflow: [], console: [] });
  },
);

interface Window {
  readonly view: (typeof VIEWS)[number] | typeof POP_UP;
  readonly page: Page;
  /** What it shows, for the findings. */
  name: string;
}

async function openWindow(browser: Browser, view: Window["view"], { console }: Findings): Promise<Window> {
  const context = await browser.newContext({ ...view, hasTouch: view.isMobile });
  const window: Window = { view, page: await context.newPage(), name: "" };
  window.page.on("console", (message) => {
    // A page that answers 4xx on purpose is reported by the browser as well.
    if (!message.text().startsWith("Failed to load resource")) console.push(`${window.name}: ${message.text()}`);
  });
  return window;
}

async function examine(window: Window, url: string, scene: Scene, { rules, told, overflow }: Findings): Promise<void> {
  const { view, page } = window;
  const { width, height } = view.viewport;
  window.name = `${scene.name} at ${width}, ${view.colorScheme}`;
  await page.context().clearCookies();
  await page.context().addCookies([...scene.cookies]);
  await page.goto(url + scene.path);
  if (scene.act) {
    await scene.act(page);
    await page.waitForLoadState();
  }
  if ((await page.content()).includes(SENSITIVE_VALUE)) told.push(window.name);
  const [right, bottom] = await page.evaluate<[number, number]>(`[
    Math.max(...[...document.querySelectorAll("body *")].map((element) => element.getBoundingClientRect().right)),
    document.documentElement.scrollHeight
  ]`);
  if (right > width + 1) overflow.push(`${window.name}: ${right} px wide`);
  if (view === POP_UP && bottom > height) overflow.push(`${window.name}: ${bottom} px high`);
  // As the debugger does it: the page's own policy lets no foreign script in.
  const { violations } = await page.evaluate<axe.AxeResults>(`${axe.source}; axe.run(document, { resultTypes: ["violations"] })`);
  for (const { id, nodes } of violations) rules.push(`${window.name}: ${id}: ${nodes.map(({ target }) => String(target)).join(" | ")}`);
}
