import { passwordProblem } from "./password.ts";
import { canonicalEmail, ROLES, type Role } from "./user.ts";

/** What somebody typed about a user. */
export interface TypedUser {
  readonly name: string;
  readonly email: string;
  readonly role: string;
}

export interface UserFields {
  readonly name: string;
  readonly email: string;
  readonly role: Role;
}

/** What to change, as a sentence for the person who typed it, by the name of the field. */
export type UserErrors = Readonly<Record<string, string>>;

const MAX_NAME_CHARACTERS = 200;
/** RFC 5321 section 4.5.3.1: 64 before the `@`, and 254 in all that a mail path can carry. */
const MAX_EMAIL_CHARACTERS = 254;
const MAX_LOCAL_PART_CHARACTERS = 64;

/** Control characters, and the marks that turn the direction of the text after them: a name must not rearrange the page around it. */
const UNSEEN_IN_NAME = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;
/** Everything invisible or blank, and what quotes or separates addresses elsewhere. Letters of any script are fine (RFC 6531). */
const EMAIL = /^[^\p{C}\p{Z}@"(),:;<>[\\\]]+@[\p{L}\p{M}\p{N}.-]+$/u;

type Parsed = { readonly ok: true; readonly fields: UserFields } | { readonly ok: false; readonly errors: UserErrors };

export function parseUserFields(typed: TypedUser): Parsed {
  const name = typed.name.trim().normalize("NFC");
  const email = canonicalEmail(typed.email);
  const role = ROLES.find((candidate) => candidate === typed.role);
  const errors: Record<string, string> = {};
  const nameError = nameProblem(name);
  if (nameError !== undefined) errors["name"] = nameError;
  const emailError = emailProblem(email);
  if (emailError !== undefined) errors["email"] = emailError;
  if (!role) errors["role"] = "Choose a role.";
  return role && Object.keys(errors).length === 0 ? { ok: true, fields: { name, email, role } } : { ok: false, errors };
}

/** The same for a user who comes with a password; its error stands under `password`. */
export function parseUserWithPassword(typed: TypedUser & { readonly password: string }): Parsed {
  const parsed = parseUserFields(typed);
  const problem = passwordProblem(typed.password, canonicalEmail(typed.email));
  return problem === undefined ? parsed : { ok: false, errors: { ...(parsed.ok ? {} : parsed.errors), password: problem } };
}

/** Also for names of other things that people give. */
export function nameProblem(name: string): string | undefined {
  if (name === "") return "Enter a name.";
  if (Array.from(name).length > MAX_NAME_CHARACTERS) return `Enter a name of at most ${MAX_NAME_CHARACTERS} characters.`;
  return UNSEEN_IN_NAME.test(name) ? "Enter a name without invisible control characters." : undefined;
}

function emailProblem(email: string): string | undefined {
  if (email === "") return "Enter an e-mail address.";
  const tooLong = email.length > MAX_EMAIL_CHARACTERS || email.indexOf("@") > MAX_LOCAL_PART_CHARACTERS;
  return tooLong || !EMAIL.test(email) ? "Enter an e-mail address such as ada@example.com." : undefined;
}

/** The sentence for an address that somebody has already, in whatever letter case. */
export const EMAIL_TAKEN = "There is already a user with this e-mail address.";
