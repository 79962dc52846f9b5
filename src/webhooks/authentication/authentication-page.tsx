import { ChoiceField, ErrorSummary, Form, FormActions, LinkButton, SubmitButton, TextField, type FieldErrors } from "../../web/parts/form.tsx";
import { Notice } from "../../web/parts/notice.tsx";
import type { WebhookAuthentication } from "./authentication.ts";
import type { AuthenticationField } from "./authentication-field.ts";
import { StepPage, stepHref } from "../install-pages.tsx";
import type { WebhookWithOwner } from "../webhook-store.ts";

interface AuthenticationStepProps {
  readonly webhook: WebhookWithOwner;
  /** Those that work in this brand at present. */
  readonly offered: readonly WebhookAuthentication[];
  /** Those that need an app of the store first. */
  readonly missing: readonly WebhookAuthentication[];
  /** What was chosen and typed, by the name of the field of the form; null before. */
  readonly typed: ((name: string) => string | undefined) | null;
  readonly errors: FieldErrors;
}

/** The second step of the wizard, and how an installed webhook gets another authentication. */
export function AuthenticationStepPage({ webhook, offered, missing, typed, errors }: AuthenticationStepProps) {
  const chosen: string | undefined = typed?.("authentication") ?? webhook.authentication ?? offered[0]?.type;
  const answerTo = (type: string, field: AuthenticationField) =>
    typed?.(fieldName(type, field.name)) ?? (webhook.authentication === type ? webhook.authenticationSettings[field.name] : undefined) ?? field.initial;
  return (
    <StepPage step="authentication" webhook={webhook} title={webhook.name} intro="Choose how callers prove themselves. Calls that do not are refused.">
      <ErrorSummary errors={errors} />
      {missing.map(({ label }) => (
        <Notice kind="warning">
          {label} needs the OAuth 2.0 server, which is not activated. <a href="/store">Open the store</a> and activate it, or ask an admin to do it; then load
          this page again.
        </Notice>
      ))}
      {webhook.authentication !== null && (
        <Notice kind="warning">
          This webhook takes calls already. Another choice holds at once: callers must then prove themselves in the new way, and what they use now is refused.
        </Notice>
      )}
      <Form action={stepHref(webhook, "authentication")}>
        <ChoiceField
          kind="radio"
          name="authentication"
          label="Authentication"
          choices={offered.map(({ type, label, hint, fields }) => ({
            value: type,
            label,
            hint,
            details: fields.length > 0 && fields.map((field) => <SettingField type={type} field={field} answer={answerTo(type, field)} errors={errors} />),
          }))}
          chosen={chosen === undefined ? [] : [chosen]}
          error={errors["authentication"]}
        />
        <FormActions>
          <SubmitButton>Continue</SubmitButton>
          <LinkButton href={stepHref(webhook, "name")}>Back</LinkButton>
        </FormActions>
      </Form>
    </StepPage>
  );
}

/** The fields of all types are in one form, so each is named by its type. */
export function fieldName(type: string, field: string): string {
  return `${type}-${field}`;
}

interface SettingFieldProps {
  readonly type: string;
  readonly field: AuthenticationField;
  readonly answer: string;
  readonly errors: FieldErrors;
}

function SettingField({ type, field, answer, errors }: SettingFieldProps) {
  const name = fieldName(type, field.name);
  const { label, hint } = field;
  if (field.kind === "choice") {
    return <ChoiceField kind="radio" name={name} label={label} hint={hint} choices={field.choices} chosen={[answer]} error={errors[name]} />;
  }
  return <TextField name={name} label={label} hint={hint} value={answer} error={errors[name]} autocomplete="off" />;
}
