import chromiumPackage from "@sparticuz/chromium";
import { chromium, type Browser } from "playwright-core";

/**
 * A real Chromium: the one named by HOOKGATE_TEST_CHROMIUM, else the one that the npm package carries. Not with the package's own
 * arguments: those switch web security off, and the policies of our pages are among what is tested.
 */
export async function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env["HOOKGATE_TEST_CHROMIUM"] ?? (await chromiumPackage.executablePath()),
    headless: true,
    args: [
      "--headless=shell",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--font-render-hinting=none",
    ],
  });
}
