import type { ComponentChildren } from "preact";
import { usePage } from "../render.tsx";
import { Sign } from "./icon.tsx";

/** What was wrong with a form that came back, by the name of the field. */
export type FieldErrors = Readonly<Record<string, string>>;

interface FormProps {
  readonly action: string;
  readonly children: ComponentChildren;
  readonly class?: string;
}

/** A form that posts. It always carries the form token, so that no page can forget it. */
export function Form({ action, children, class: className }: FormProps) {
  const { formToken } = usePage();
  return (
    <form method="post" action={action} class={className} noValidate>
      <input type="hidden" name="form_token" value={formToken} />
      {children}
    </form>
  );
}

interface FieldProps {
  readonly name: string;
  readonly label: string;
  readonly hint?: ComponentChildren;
  readonly error?: string | undefined;
  readonly optional?: boolean;
}

function FieldFrame({ name, label, hint, error, optional, children }: FieldProps & { readonly children: ComponentChildren }) {
  return (
    <div class="field">
      <label for={name}>
        {label}
        {optional && <span class="optional"> (optional)</span>}
      </label>
      {hint && (
        <p class="hint" id={`${name}-hint`}>
          {hint}
        </p>
      )}
      {children}
      <FieldError name={name} error={error} />
    </div>
  );
}

/** What is wrong with one field, under its control. Carries the id `NAME-error` for `aria-describedby`. */
export function FieldError({ name, error }: Pick<FieldProps, "name" | "error">) {
  if (!error) return null;
  return (
    <p class="field-error" id={`${name}-error`}>
      <Sign name="alert" />
      {error}
    </p>
  );
}

function describedBy({ name, hint, error }: FieldProps): string | undefined {
  return [hint && `${name}-hint`, error && `${name}-error`].filter(Boolean).join(" ") || undefined;
}

interface TextFieldProps extends FieldProps {
  readonly value?: string;
  readonly type?: "text" | "email" | "password" | "search";
  readonly autocomplete?: string;
  readonly autofocus?: boolean;
  readonly monospace?: boolean;
}

export function TextField(props: TextFieldProps) {
  const { name, value, type = "text", autocomplete, autofocus, monospace, error } = props;
  return (
    <FieldFrame {...props}>
      <input
        id={name}
        name={name}
        // Preact types each input type apart; these four take the same attributes.
        // oxlint-disable-next-line typescript/no-unnecessary-type-assertion
        type={type as "text"}
        value={value}
        autocomplete={autocomplete}
        // Of several, browsers take the first: the first field that needs a change.
        autofocus={autofocus || error !== undefined}
        class={monospace ? "monospace" : undefined}
        aria-invalid={error ? true : undefined}
        aria-describedby={describedBy(props)}
        required={!props.optional}
      />
    </FieldFrame>
  );
}

export function TextAreaField(props: FieldProps & { readonly value?: string; readonly rows?: number; readonly monospace?: boolean }) {
  const { name, value, rows = 3, monospace, error } = props;
  return (
    <FieldFrame {...props}>
      <textarea
        id={name}
        name={name}
        rows={rows}
        class={monospace ? "monospace" : undefined}
        aria-invalid={error ? true : undefined}
        aria-describedby={describedBy(props)}
      >
        {value}
      </textarea>
    </FieldFrame>
  );
}

export interface SelectOption {
  readonly value: string;
  readonly label: string;
}

interface SelectFieldProps extends FieldProps {
  readonly value?: string | undefined;
  /** Options, or groups of options under a heading. */
  readonly options: readonly (SelectOption | { readonly label: string; readonly options: readonly SelectOption[] })[];
  /** The first option, with an empty value: nothing chosen. */
  readonly placeholder?: string;
}

export function SelectField(props: SelectFieldProps) {
  const { name, value = "", options, placeholder, error } = props;
  const renderOption = (option: SelectOption) => (
    <option value={option.value} selected={option.value === value}>
      {option.label}
    </option>
  );
  return (
    <FieldFrame {...props}>
      <select id={name} name={name} class="select" aria-invalid={error ? true : undefined} aria-describedby={describedBy(props)}>
        {placeholder !== undefined && renderOption({ value: "", label: placeholder })}
        {options.map((option) => ("options" in option ? <optgroup label={option.label}>{option.options.map(renderOption)}</optgroup> : renderOption(option)))}
      </select>
    </FieldFrame>
  );
}

export interface Choice {
  readonly value: string;
  readonly label: string;
  readonly hint?: string;
  /** More to fill in, there while this one is chosen. */
  readonly details?: ComponentChildren;
}

/** One of a few (`radio`) or any of a few (`checkbox`), each with what it means. Every box posts under `name`. */
export function ChoiceField({
  kind,
  ...props
}: FieldProps & { readonly kind: "radio" | "checkbox"; readonly choices: readonly Choice[]; readonly chosen: readonly string[] }) {
  const { name, label, hint, error, choices, chosen } = props;
  return (
    <fieldset class="field" aria-describedby={describedBy(props)}>
      <legend>{label}</legend>
      {hint && (
        <p class="hint" id={`${name}-hint`}>
          {hint}
        </p>
      )}
      {choices.map((choice, index) => (
        <>
          <label class="choice">
            <input type={kind} name={name} value={choice.value} checked={chosen.includes(choice.value)} id={index === 0 ? name : undefined} />
            <span>
              <span class="choice-label">{choice.label}</span>
              {choice.hint && <span class="hint">{choice.hint}</span>}
            </span>
          </label>
          {choice.details && <div class="choice-details">{choice.details}</div>}
        </>
      ))}
      <FieldError name={name} error={error} />
    </fieldset>
  );
}

interface ButtonProps {
  readonly children: ComponentChildren;
  /** `primary`: the one action of the page; `danger`: what cannot be undone. */
  readonly kind?: "primary" | "plain" | "danger";
  readonly name?: string;
  readonly value?: string;
  /** For what nobody may be tricked into: the page's island `deliberate-click.js` then holds back clicks that were meant for another window. */
  readonly deliberate?: boolean;
}

export function SubmitButton({ children, kind = "primary", name, value, deliberate }: ButtonProps) {
  return (
    <button type="submit" class={`button button-${kind}`} name={name} value={value} data-deliberate={deliberate}>
      {children}
    </button>
  );
}

export function LinkButton({
  href,
  kind = "plain",
  children,
}: {
  readonly href: string;
  readonly kind?: "primary" | "plain" | "danger";
  readonly children: ComponentChildren;
}) {
  return (
    <a class={`button button-${kind}`} href={href}>
      {children}
    </a>
  );
}

/** The row of buttons that ends a form; `equal` where two answers must weigh the same. */
export function FormActions({ equal, children }: { readonly equal?: boolean; readonly children: ComponentChildren }) {
  return <div class={equal ? "form-actions form-actions-equal" : "form-actions"}>{children}</div>;
}

/** Above a form that came back: says how many fields need a look and leads to each. */
export function ErrorSummary({ errors }: { readonly errors: FieldErrors }) {
  const entries = Object.entries(errors);
  if (entries.length === 0) return null;
  return (
    <div class="notice notice-error" role="alert">
      <Sign name="alert" />
      <div>
        <p>{entries.length === 1 ? "One thing needs a change:" : `${entries.length} things need a change:`}</p>
        <ul>
          {entries.map(([name, error]) => (
            <li>
              <a href={`#${name}`}>{error}</a>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}
