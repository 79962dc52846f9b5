/** The questions that a type of authentication asks when it is chosen, as data: the wizard draws them and the command line takes them. */
import type { AuthenticationSettings } from "../webhook.ts";

interface FieldBase {
  readonly name: string;
  readonly label: string;
  readonly hint: string;
  /** What stands there before anybody has answered. */
  readonly initial: string;
}

export type AuthenticationField = FieldBase &
  (
    | { readonly kind: "text"; /** What to change about an answer, as a sentence. */ readonly problemOf: (text: string) => string | undefined }
    | { readonly kind: "choice"; readonly choices: readonly { readonly value: string; readonly label: string; readonly hint: string }[] }
  );

export type ReadSettings =
  | { readonly ok: true; readonly settings: AuthenticationSettings }
  /** By the name of the field. */
  | { readonly ok: false; readonly errors: Readonly<Record<string, string>> };

/** The answers to all fields, or what is wrong with some. A question that was not asked has its initial answer. */
export function readSettings(fields: readonly AuthenticationField[], given: (name: string) => string | undefined): ReadSettings {
  const settings: Record<string, string> = {};
  const errors: Record<string, string> = {};
  for (const field of fields) {
    const answer = (given(field.name) ?? field.initial).trim();
    const problem = field.kind === "text" ? field.problemOf(answer) : choiceProblem(field.choices, answer);
    if (problem === undefined) settings[field.name] = answer;
    else errors[field.name] = problem;
  }
  return Object.keys(errors).length === 0 ? { ok: true, settings } : { ok: false, errors };
}

function choiceProblem(choices: readonly { readonly value: string }[], answer: string): string | undefined {
  if (choices.some(({ value }) => value === answer)) return undefined;
  return `Choose one of ${choices.map(({ value }) => value).join(", ")}.`;
}
