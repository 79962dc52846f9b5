/** docs/interoperability.md, made of what a run of the suite found. */
import packageJson from "../../package.json" with { type: "json" };
import { FEATURES, type ClientAdapter, type Feature } from "./client-adapter.ts";

const VERSIONS: Readonly<Record<string, string>> = packageJson.devDependencies;

const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;

/** `found` says whether the run saw the client complete the feature; features that the server does not offer have no column. */
export function interoperabilityDocument(
  clients: readonly ClientAdapter[],
  features: readonly Feature[],
  found: (client: ClientAdapter, feature: Feature) => boolean,
): string {
  return [
    "# Clients that work with Hookgate",
    "",
    "Libraries that nobody here wrote, unmodified, in exactly these versions, against the running server over HTTP. `yes` means that a run completed it: the",
    "access token opened a webhook, a revoked one no longer did. `-` means that the library has no way to do it. This file is written by",
    "`npm run interoperability` from what the run found, and `npm test` fails where the two differ.",
    "",
    row(["client", "version", ...features.map((feature) => FEATURES[feature])]),
    row(["---", "---", ...features.map(() => "---")]),
    ...clients.map((client) =>
      row([`\`${client.package}\``, VERSIONS[client.package] ?? "", ...features.map((feature) => (found(client, feature) ? "yes" : "-"))]),
    ),
    "",
    "The last column: a wrong secret makes the library throw, and `invalid_client` can be read from what it throws.",
    "",
    "## What to know",
    ...clients.flatMap((client) => ["", `### ${client.package}`, "", ...client.notes.map((note) => `- ${note}`)]),
    "",
    "## For every client",
    "",
    "- Client ids and secrets consist of `A-Z a-z 0-9 - _`. Half of the libraries form-encode them before base64 (RFC 6749 section 2.3.1) and half do not; for these",
    "  characters both send the same.",
    "- `expires_in` is a JSON number. `HOOKGATE_EXPIRES_IN=string` is for callers that were built on the string.",
    "- The address of the metadata document is `/.well-known/oauth-authorization-server` (RFC 8414). There is no `/.well-known/openid-configuration`.",
    "",
  ].join("\n");
}
