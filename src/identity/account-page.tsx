import { ConsolePage } from "../web/layout.tsx";
import { ChoiceField, ErrorSummary, Form, FormActions, LinkButton, SubmitButton, TextField, type FieldErrors } from "../web/parts/form.tsx";
import { Notice } from "../web/parts/notice.tsx";
import { Section } from "../web/parts/section.tsx";
import { Facts } from "../web/parts/table.tsx";
import type { Viewer } from "../web/viewer.ts";
import { Time } from "../web/parts/states.tsx";
import { NEW_PASSWORD_ISLANDS, NewPasswordField } from "./link-pages.tsx";
import { ROLE_LABELS } from "./users-page.tsx";

function BecomesInactive({ at }: { readonly at: number }) {
  return (
    <>
      <Time at={at} />, unless you sign in before. Your applications and webhooks then refuse every request until an admin reactivates you.
    </>
  );
}

/** Names of the boxes: two forms on one page. */
export const PASSWORD_ENDS_GRANTS = "end_grants";
export const SIGN_OUT_ENDS_GRANTS = "end_all_grants";

function EndGrants({ name, chosen }: { readonly name: string; readonly chosen: boolean }) {
  const choice = {
    value: "yes",
    label: "Also end what you allowed applications",
    hint: "Your consents are withdrawn: the access and refresh tokens that they gave stop at once. Tokens that an application got by client credentials go on.",
  };
  return <ChoiceField kind="checkbox" name={name} label="Applications" choices={[choice]} chosen={chosen ? [choice.value] : []} />;
}

interface AccountPageProps {
  readonly viewer: Viewer;
  /** When the viewer becomes inactive without another sign-in; null: never. */
  readonly activeUntil: number | null;
  readonly errors?: FieldErrors;
  /** What is wrong with no field in particular. */
  readonly problem?: string;
  /** As ticked, when the form came back. */
  readonly endsGrants?: boolean;
}

/** The viewer's own page: who am I here, and my password. */
export function AccountPage({ viewer, activeUntil, errors = {}, problem, endsGrants = false }: AccountPageProps) {
  return (
    <ConsolePage title="Your account" intro="Who you are here, and your password." islands={NEW_PASSWORD_ISLANDS}>
      {problem !== undefined && <Notice kind="error">{problem}</Notice>}
      <ErrorSummary errors={errors} />
      <Facts
        facts={[
          ["Name", <bdi>{viewer.userName}</bdi>],
          ["E-mail address", viewer.email],
          ["Role", ROLE_LABELS[viewer.isAdmin ? "admin" : "member"]],
          ["Brand", <bdi>{viewer.brandName}</bdi>],
          ...(activeUntil === null ? [] : [["Becomes inactive", <BecomesInactive at={activeUntil} />] as const]),
        ]}
      />
      <Section title="Change password" intro="You stay signed in here; wherever else you are signed in, you are signed out.">
        <Form action="/account/password">
          {/* Tells password managers whose password changes. */}
          <input type="hidden" name="username" autocomplete="username" value={viewer.email} />
          <TextField name="present_password" label="Present password" type="password" autocomplete="current-password" error={errors["present_password"]} />
          <NewPasswordField label="New password" error={errors["password"]} />
          <EndGrants name={PASSWORD_ENDS_GRANTS} chosen={endsGrants} />
          <FormActions>
            <SubmitButton>Change password</SubmitButton>
          </FormActions>
        </Form>
      </Section>
      {viewer.modules.has("oauth2-server") && (
        <Section title="Consents" intro="What you have allowed applications to do for you. You can withdraw it at any time.">
          <LinkButton href="/account/consents">Consents</LinkButton>
        </Section>
      )}
      <Section title="Sessions" intro="You stay signed in for 12 hours in each browser. Signed in on a device that is not with you? End all of it, here too.">
        <Form action="/account/sign-out-everywhere">
          <EndGrants name={SIGN_OUT_ENDS_GRANTS} chosen={false} />
          <FormActions>
            <SubmitButton kind="plain">Sign out everywhere</SubmitButton>
          </FormActions>
        </Form>
      </Section>
    </ConsolePage>
  );
}
