/** docs/differences.md, made of what a run found. */
import packageJson from "../../package.json" with { type: "json" };
import type { Outcome } from "./outcome.ts";
import { explains, type Difference, type Reason } from "./difference.ts";
import { REASONS } from "./reasons.ts";

const row = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;

/** `counts`: how many requests were compared in each class. */
export function differencesDocument(counts: Readonly<Record<string, number>>, differences: readonly Difference[]): string {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return [
    "# Where Hookgate and oidc-provider differ",
    "",
    `${total} requests were sent to Hookgate and to \`oidc-provider\` ${packageJson.devDependencies["oidc-provider"]}, unmodified and set up as the nearest equivalent: OAuth without OpenID, with the same`,
    "clients, secrets, scopes and redirect URIs. No two requests of a class differ in a literal value only. Status, error code, where a browser is sent, `state`,",
    "`iss`, what is granted, and the headers `Cache-Control`, `WWW-Authenticate`, `Allow`, `Content-Type` and `Access-Control-Allow-Origin` were compared. Each difference",
    "is below, with who is right and why. The run writes this file (`npm run differences`); `npm test` fails where the two differ.",
    "",
    row(["class", "requests", "answered differently"]),
    row(["---", "---", "---"]),
    ...Object.entries(counts).map(([name, count]) => row([name, String(count), String(differences.filter(({ className }) => className === name).length)])),
    ...REASONS.flatMap((reason, index) => section(reason, index + 1, differences)),
    "",
  ].join("\n");
}

function section(reason: Reason, number: number, differences: readonly Difference[]): readonly string[] {
  const rows = differences.flatMap((difference) => {
    const aspects = difference.aspects.filter((aspect) => reasonOf(difference, aspect) === reason);
    const said = (outcome: Outcome) => aspects.map((aspect) => (aspect === "answer" ? outcome[aspect] : `${aspect}: ${outcome[aspect]}`)).join(", ");
    return aspects.length === 0 ? [] : [row([difference.className, difference.caseName, said(difference.hookgate), said(difference.oidcProvider)])];
  });
  return [
    "",
    `## ${number}. ${reason.title}`,
    "",
    `Right: **${reason.right}**. ${reason.why}`,
    "",
    row(["class", "request", "Hookgate", "oidc-provider"]),
    row(["---", "---", "---", "---"]),
    ...rows,
  ];
}

/** The first reason that explains it; undefined when nobody has looked at it yet. */
export function reasonOf(difference: Difference, aspect: string): Reason | undefined {
  return REASONS.find((reason) => explains(reason, difference, aspect));
}
