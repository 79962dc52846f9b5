import { decodeEntities, type HttpBrowser } from "./http-browser.ts";

/** Where the rows of the page's table lead, in order. */
export function rowHrefs(html: string, prefix: string): readonly string[] {
  return [...html.matchAll(/<a class="row-link" href="([^"]*)"/g)].map(([, href = ""]) => decodeEntities(href)).filter((href) => href.startsWith(prefix));
}

/** The rows of every page of a list, following "next" from the given address to the end. */
export async function collectPages(browser: HttpBrowser, address: string, prefix: string): Promise<readonly (readonly string[])[]> {
  const pages: (readonly string[])[] = [];
  let next: string | null = address;
  while (next !== null) {
    if (pages.length > 1_000) throw new Error("The list does not end.");
    const { html } = await browser.get(next);
    pages.push(rowHrefs(html, prefix));
    const href = /<a[^>]*href="([^"]*)"[^>]*rel="next"/.exec(html)?.[1];
    next = href === undefined ? null : decodeEntities(href);
  }
  return pages;
}
