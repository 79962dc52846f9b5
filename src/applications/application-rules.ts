/** What an application may be: the rules for what somebody typed, told by field, so that a form can show each beside its control. */
import type { ClientType } from "../oauth/client.ts";
import { redirectUriProblem } from "../oauth/redirect-uri.ts";
import { isScope, SCOPES, type Scope } from "../oauth/scope.ts";

/** As it was typed or passed on a command line. */
export interface ApplicationDraft {
  readonly name: string;
  readonly description: string;
  readonly type: string;
  readonly scopes: readonly string[];
  readonly redirectUris: readonly string[];
}

/** As it is stored: trimmed, known, without doubles. */
interface ApplicationDetails {
  readonly name: string;
  readonly description: string;
  readonly type: ClientType;
  readonly scopes: readonly Scope[];
  readonly redirectUris: readonly string[];
}

type DraftField = keyof ApplicationDraft;
/** One sentence for each field that needs a change. */
export type DraftErrors = Readonly<Partial<Record<DraftField, string>>>;

/** In characters (code points). */
const MAX_NAME_LENGTH = 200;
/** In characters (code points). */
const MAX_DESCRIPTION_LENGTH = 2_000;
export const MAX_REDIRECT_URIS = 20;

export type CheckedDraft = { readonly ok: true; readonly details: ApplicationDetails } | { readonly ok: false; readonly errors: DraftErrors };

export function checkDraft(draft: ApplicationDraft): CheckedDraft {
  const name = draft.name.normalize("NFC").trim();
  const description = draft.description.normalize("NFC").replaceAll(/\r\n?/g, "\n").trim();
  const redirectUris = [...new Set(draft.redirectUris.map((uri) => uri.trim()).filter((uri) => uri !== ""))];
  // In the order of the list of scopes, so that the same choice is always stored and shown the same way.
  const scopes = SCOPES.filter((scope) => draft.scopes.includes(scope));

  const problems: Record<DraftField, string | undefined> = {
    name: nameProblem(name),
    description: descriptionProblem(description),
    type: isClientType(draft.type) ? undefined : "Choose confidential or public.",
    scopes: scopesProblem(draft.scopes),
    redirectUris: redirectUrisProblem(redirectUris, draft.type),
  };
  const errors = Object.fromEntries(Object.entries(problems).filter(([, problem]) => problem !== undefined));
  if (!isClientType(draft.type) || Object.keys(errors).length > 0) return { ok: false, errors };
  return { ok: true, details: { name, description, type: draft.type, scopes, redirectUris } };
}

function isClientType(text: string): text is ClientType {
  return text === "confidential" || text === "public";
}

function nameProblem(name: string): string | undefined {
  if (name === "") return "Give the application a name.";
  const length = Array.from(name).length;
  if (length > MAX_NAME_LENGTH) return `Shorten the name to ${MAX_NAME_LENGTH} characters; it has ${length}.`;
  // The consent page shows this name to tell one application from another: control characters and characters that turn the
  // direction of text around could make it read as another one (Unicode TR 36 section 2.6).
  if (/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(name)) return "Remove the control characters from the name.";
  return undefined;
}

function descriptionProblem(description: string): string | undefined {
  const length = Array.from(description).length;
  if (length > MAX_DESCRIPTION_LENGTH) return `Shorten the description to ${MAX_DESCRIPTION_LENGTH} characters; it has ${length}.`;
  if (/[^\P{Cc}\n\t]/u.test(description)) return "Remove the control characters from the description.";
  return undefined;
}

function scopesProblem(scopes: readonly string[]): string | undefined {
  const unknown = scopes.find((scope) => !isScope(scope));
  if (unknown !== undefined) return `There is no scope ${unknown}; there are ${SCOPES.join(" and ")}.`;
  return scopes.length === 0 ? "Choose at least one scope." : undefined;
}

function redirectUrisProblem(uris: readonly string[], type: string): string | undefined {
  // RFC 6749 section 3.1.2.2: a public client must register its redirect URIs; it has no other grant to use.
  if (uris.length === 0) return type === "public" ? "A public application needs at least one redirect URL." : undefined;
  if (uris.length > MAX_REDIRECT_URIS) return `An application has at most ${MAX_REDIRECT_URIS} redirect URLs; these are ${uris.length}.`;
  for (const uri of uris) {
    const problem = redirectUriProblem(uri);
    if (problem !== undefined) return `${shortened(uri)}: ${problem}`;
  }
  return undefined;
}

function shortened(uri: string): string {
  return uri.length > 80 ? `${uri.slice(0, 80)}…` : uri;
}
