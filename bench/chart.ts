/** The picture of a run: CPU time a request as a multiple of the plain floor's. Hand-made SVG that follows the reader's colour scheme. */
import { summaryOf, type CandidateSummary, type Results } from "./results.ts";

const WIDTH = 860;
const LABELS = 200;
const RIGHT = 60;
const ROW = 20;
const BAR = 12;
const TITLE = 30;
const TOP = 56;
/** Longer bars are cut off, with their number beside them. */
const MAX_RATIO = 8;

const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #1f2328; }
  .title { font-weight: 600; font-size: 13px; }
  .quiet { fill: #59636e; }
  .bar { fill: #9aa4af; }
  .bar.hookgate { fill: #0b7a5f; }
  .floor { stroke: #1f2328; stroke-dasharray: 3 3; }
  .spread { stroke: #1f2328; stroke-width: 1.5; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .quiet { fill: #9198a1; }
    .bar { fill: #656d76; }
    .bar.hookgate { fill: #3fb68b; }
    .floor, .spread { stroke: #e6edf3; }
  }`;

const xOf = (ratio: number) => LABELS + (Math.min(ratio, MAX_RATIO) / MAX_RATIO) * (WIDTH - LABELS - RIGHT);

export function chartOf(results: Results): string {
  const parts: string[] = [];
  let y = TOP;
  for (const scenario of results.scenarios) {
    const rows = summaryOf(scenario).filter(({ name, ratio }) => name !== scenario.base && ratio.kind === "ratio");
    if (rows.length === 0) continue;
    parts.push(text(0, y + 16, scenario.title, "title"));
    y += TITLE;
    const floorX = xOf(1);
    parts.push(`<line class="floor" x1="${floorX}" x2="${floorX}" y1="${y - 4}" y2="${y + rows.length * ROW}"/>`);
    for (const row of rows) {
      parts.push(barOf(row, y));
      y += ROW;
    }
    y += 14;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" role="img">`,
    `<title>CPU time a request, as a multiple of the plain floor's</title>`,
    `<style>${STYLE}\n</style>`,
    text(0, 16, "CPU time a request, as a multiple of the plain floor's (the dashed line): less is better.", "title"),
    text(0, 36, "Median of the rounds' ratios, with quartiles. The plain floor is an empty node:http server that moves the same bytes.", "quiet"),
    ...parts,
    "</svg>",
    "",
  ].join("\n");
}

function barOf({ name, ratio }: CandidateSummary, y: number): string {
  if (ratio.kind !== "ratio") return "";
  const middle = y + ROW / 2;
  const end = xOf(ratio.median);
  const isCut = ratio.median > MAX_RATIO;
  return [
    text(LABELS - 8, middle + 4, name, "", "end"),
    `<rect class="bar${name.startsWith("Hookgate") ? " hookgate" : ""}" x="${LABELS}" y="${middle - BAR / 2}" width="${(end - LABELS).toFixed(1)}" height="${BAR}" rx="2"/>`,
    ...(isCut ? [] : [`<line class="spread" x1="${xOf(ratio.lower).toFixed(1)}" x2="${xOf(ratio.upper).toFixed(1)}" y1="${middle}" y2="${middle}"/>`]),
    text(Math.max(end, xOf(ratio.upper)) + 6, middle + 4, `${isCut ? "→ " : ""}${ratio.median.toFixed(2)}`, "quiet"),
  ].join("");
}

function text(x: number, y: number, content: string, className: string, anchor = "start"): string {
  const escaped = content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text class="${className}" x="${x.toFixed(1)}" y="${y}" text-anchor="${anchor}">${escaped}</text>`;
}
