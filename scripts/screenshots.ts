/**
 * Takes a picture of every page of the built program, in both colour schemes and at both widths, into `.screenshots/`, and
 * says what no picture should show: a page wider than its window, a pop-up that scrolls, a message on the browser's console.
 * Words after the command choose pages by the beginning of their names: `npm run screenshots -- install`. With `--documents` it
 * takes those that the documents show anew, into `docs/images/`.
 */
import { mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { launchChromium } from "../test/support/chromium.ts";
import { visitEveryPage } from "../test/support/every-page.ts";
import type { Scene } from "../test/support/scene.ts";
import { Installation } from "../test/support/program.ts";

const OUT = join(import.meta.dirname, "../.screenshots");
const SIZES = [
  { width: 1280, height: 800, isMobile: false },
  { width: 390, height: 844, isMobile: true },
] as const;
const POP_UP = { width: 480, height: 640, isMobile: false } as const;
const SCHEMES = ["light", "dark"] as const;

const IMAGES = join(import.meta.dirname, "../docs/images");
/** What the documents show, as much of it as a window does. */
const DOCUMENT_SCENES: ReadonlySet<string> = new Set(["application-registered", "install-4-arrived"]);
/** In bytes; everybody who clones the repository carries them. */
const MAX_IMAGE_BYTES = 200_000;

const forDocuments = process.argv.includes("--documents");
const chosen = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const problems: string[] = [];
let pictures = 0;

async function takeImages(browser: Browser, url: string, scene: Scene): Promise<void> {
  if (!DOCUMENT_SCENES.has(scene.name)) return;
  for (const colorScheme of SCHEMES) {
    const context = await browser.newContext({ viewport: SIZES[0], colorScheme });
    await context.addCookies([...scene.cookies]);
    const page = await context.newPage();
    await page.goto(url + scene.path);
    const path = join(IMAGES, `${scene.name}-${colorScheme}.png`);
    await page.screenshot({ path });
    pictures += 1;
    const { size } = statSync(path);
    if (size > MAX_IMAGE_BYTES) problems.push(`${path}: ${size} bytes, at most ${MAX_IMAGE_BYTES}`);
    await context.close();
  }
}

async function takePictures(browser: Browser, url: string, scene: Scene): Promise<void> {
  if (chosen.length > 0 && !chosen.some((name) => scene.name.startsWith(name))) return;
  for (const size of scene.popUp ? [...SIZES, POP_UP] : SIZES) {
    for (const colorScheme of SCHEMES) {
      const { width, height, isMobile } = size;
      const context = await browser.newContext({ viewport: { width, height }, isMobile, hasTouch: isMobile, colorScheme });
      await context.addCookies([...scene.cookies]);
      const page = await context.newPage();
      const picture = `${scene.name}-${width}-${colorScheme}`;
      page.on("console", (message) => {
        // A page that answers 4xx on purpose is reported by the browser as well.
        if (!/Failed to load resource/.test(message.text())) problems.push(`${picture}: ${message.type()}: ${message.text()}`);
      });
      await page.goto(url + scene.path);
      if (scene.act) {
        await scene.act(page);
        await page.waitForLoadState();
      }
      await reportOverflow(page, picture, width, size === POP_UP ? height : Number.POSITIVE_INFINITY);
      // A picture of more than the window would forget that it is a phone; a window as high as the page does not.
      if (isMobile) await page.setViewportSize({ width, height: await page.evaluate<number>("document.documentElement.scrollHeight") });
      await page.screenshot({ path: join(OUT, `${picture}.png`), fullPage: !isMobile });
      pictures += 1;
      await context.close();
    }
  }
}

async function reportOverflow(page: Page, picture: string, width: number, height: number): Promise<void> {
  // Evaluated as text: this program is checked without the types of a browser.
  const [across, down] = await page.evaluate<[number, number]>(`[
    Math.max(...[...document.querySelectorAll("body *")].map((element) => element.getBoundingClientRect().right)),
    document.documentElement.scrollHeight
  ]`);
  if (across > width + 1) problems.push(`${picture}: ${across} px wide`);
  if (down > height) problems.push(`${picture}: ${down} px high, a pop-up has ${height}`);
}

if (chosen.length === 0 && !forDocuments) rmSync(OUT, { recursive: true, force: true });
mkdirSync(forDocuments ? IMAGES : OUT, { recursive: true });
const installation = new Installation();
const server = await installation.serve();
const browser = await launchChromium();
try {
  await visitEveryPage(installation, server, browser, (scene) => (forDocuments ? takeImages : takePictures)(browser, server.url, scene));
} finally {
  await browser.close();
  await server.stop();
  installation.remove();
}
process.stdout.write(`${pictures} pictures in ${forDocuments ? "docs/images" : ".screenshots"}/\n`);
for (const problem of problems) process.stderr.write(`${problem}\n`);
if (problems.length > 0) process.exitCode = 1;
