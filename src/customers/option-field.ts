/** Option fields: the customer fields that a brand adds of its own, and the rules for what somebody typed about one. */
import { YES_NO, type FieldDefinition, type FieldRule, type OptionFieldName } from "./customer-fields.ts";

export const OPTION_FIELD_KINDS = ["text", "number", "date", "yes-no", "choice"] as const;
export type OptionFieldKind = (typeof OPTION_FIELD_KINDS)[number];

export interface OptionField {
  readonly brandId: string;
  /** Made from the first label and kept for good: mappings and customers name the field by it. */
  readonly name: OptionFieldName;
  readonly label: string;
  readonly kind: OptionFieldKind;
  /** What a drop-down takes, in upper case; of no other kind. */
  readonly choices: readonly string[];
}

/** In UTF-16 units. */
const MAX_OPTION_LENGTH = 256;
/** Of one brand; a mapping page lists them all. */
export const MAX_OPTION_FIELDS = 200;
const MAX_CHOICES = 200;
const MAX_LABEL_LENGTH = 100;
const MAX_NAME_LENGTH = 50;

/** As it was typed. The kind of a field that is there already is its own. */
export interface OptionFieldDraft {
  readonly label: string;
  readonly kind: string;
  /** One a line. */
  readonly choices: string;
}

/** One sentence for each control that needs a change. */
export type OptionFieldErrors = Readonly<Partial<Record<keyof OptionFieldDraft, string>>>;

export type CheckedOptionField =
  | { readonly ok: true; readonly details: Pick<OptionField, "label" | "kind" | "choices"> }
  | { readonly ok: false; readonly errors: OptionFieldErrors };

/** `others`: the fields beside it, whose labels it may not repeat. */
export function checkOptionField(draft: OptionFieldDraft, others: readonly FieldDefinition[]): CheckedOptionField {
  const label = draft.label.normalize("NFC").trim();
  const kind = OPTION_FIELD_KINDS.find((candidate) => candidate === draft.kind);
  const lines = draft.choices.normalize("NFC").split("\n");
  const choices = kind === "choice" ? [...new Set(lines.map((line) => line.trim().toUpperCase()).filter((line) => line !== ""))] : [];
  const problems: Record<keyof OptionFieldDraft, string | undefined> = {
    label: labelProblem(label, others),
    kind: kind ? undefined : "Choose what the field takes.",
    choices: kind === "choice" ? choicesProblem(choices) : undefined,
  };
  const errors: OptionFieldErrors = Object.fromEntries(Object.entries(problems).filter(([, problem]) => problem !== undefined));
  return kind && Object.keys(errors).length === 0 ? { ok: true, details: { label, kind, choices } } : { ok: false, errors };
}

/** Control characters, and those that turn the direction of text around, could make a label read as another one. */
const UNSEEN = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

function labelProblem(label: string, others: readonly FieldDefinition[]): string | undefined {
  if (label === "") return "Give the field a label.";
  if (label.length > MAX_LABEL_LENGTH) return `Shorten the label to ${MAX_LABEL_LENGTH} characters; it has ${label.length}.`;
  if (UNSEEN.test(label)) return "Remove the control characters from the label.";
  const taken = others.some((other) => other.label.toLowerCase() === label.toLowerCase());
  return taken ? "There is a field with this label already. Choose another one." : undefined;
}

function choicesProblem(choices: readonly string[]): string | undefined {
  if (choices.length === 0) return "Enter at least one value, one a line.";
  if (choices.length > MAX_CHOICES) return `A drop-down takes at most ${MAX_CHOICES} values; these are ${choices.length}.`;
  const long = choices.find((choice) => choice.length > MAX_OPTION_LENGTH);
  if (long !== undefined) return `Shorten ${long.slice(0, 30)}… to ${MAX_OPTION_LENGTH} characters.`;
  return choices.some((choice) => UNSEEN.test(choice)) ? "Remove the control characters from the values." : undefined;
}

/** The name that a label suggests; a store adds a number where it is taken. */
export function suggestedName(label: string): OptionFieldName {
  const plain = label
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/\p{M}/gu, "")
    .replaceAll(/[^a-z0-9]+/g, "_")
    .slice(0, MAX_NAME_LENGTH)
    .replaceAll(/^_|_$/g, "");
  return `option.${plain || "field"}`;
}

const RULES: Readonly<Record<Exclude<OptionFieldKind, "choice">, FieldRule>> = {
  text: { kind: "text" },
  number: { kind: "number" },
  date: { kind: "date" },
  "yes-no": YES_NO,
};

export function definitionOf({ name, label, kind, choices }: OptionField): FieldDefinition {
  return { name, label, rule: kind === "choice" ? { kind, choices } : RULES[kind], maxLength: MAX_OPTION_LENGTH };
}
