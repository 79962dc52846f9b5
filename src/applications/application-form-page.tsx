import { SCOPE_DESCRIPTIONS, SCOPES } from "../oauth/scope.ts";
import { ConsolePage } from "../web/layout.tsx";
import { ChoiceField, ErrorSummary, Form, FormActions, LinkButton, SubmitButton, TextAreaField, TextField, type Choice } from "../web/parts/form.tsx";
import type { ApplicationWithOwner } from "./application-store.ts";
import { MAX_REDIRECT_URIS, type ApplicationDraft, type DraftErrors } from "./application-rules.ts";
import { TITLE } from "./applications-page.tsx";
import { missingPostmanUris } from "./postman-settings.ts";

const TYPES: readonly Choice[] = [
  { value: "confidential", label: "Confidential", hint: "It runs on a server and can keep a secret. It gets a client secret." },
  {
    value: "public",
    label: "Public",
    hint: "Its users could read a secret out of it: it runs in browsers, on phones or on desktops. It gets no secret and uses the authorization code grant with PKCE.",
  },
];

const SCOPE_CHOICES: readonly Choice[] = SCOPES.map((scope) => ({
  value: scope,
  label: `${SCOPE_DESCRIPTIONS[scope].title}: ${scope}`,
  hint: SCOPE_DESCRIPTIONS[scope].sentence,
}));

interface FormPageProps {
  readonly draft: ApplicationDraft;
  readonly errors: DraftErrors;
}

export function NewApplicationPage({ draft, errors }: FormPageProps) {
  return (
    <ConsolePage
      title="Register an application"
      intro="You get its client ID and client secret on the next page."
      breadcrumb={{ href: "/applications", label: TITLE }}
    >
      <ErrorSummary errors={errors} />
      <Form action="/applications/new">
        <NameAndDescription draft={draft} errors={errors} />
        <ChoiceField kind="radio" name="type" label="Type" choices={TYPES} chosen={[draft.type]} error={errors.type} />
        <ScopesAndRedirectUris draft={draft} errors={errors} />
        <FormActions>
          <SubmitButton>Register application</SubmitButton>
          <LinkButton href="/applications">Cancel</LinkButton>
        </FormActions>
      </Form>
    </ConsolePage>
  );
}

export function EditApplicationPage({ application, draft, errors }: FormPageProps & { readonly application: ApplicationWithOwner }) {
  const path = `/applications/${application.clientId}`;
  return (
    <ConsolePage
      title="Change the application"
      intro="Client ID and client secret stay as they are. Access tokens that are out keep their scopes until they expire."
      breadcrumb={{ href: path, label: application.name }}
    >
      <ErrorSummary errors={errors} />
      <Form action={`${path}/edit`}>
        <NameAndDescription draft={draft} errors={errors} />
        <ScopesAndRedirectUris draft={draft} errors={errors} />
        <FormActions>
          <SubmitButton>Save changes</SubmitButton>
          <LinkButton href={path}>Cancel</LinkButton>
        </FormActions>
      </Form>
    </ConsolePage>
  );
}

function NameAndDescription({ draft, errors }: FormPageProps) {
  return (
    <>
      <TextField
        name="name"
        label="Application name"
        hint="People see it when they are asked for consent."
        value={draft.name}
        error={errors.name}
        autocomplete="off"
      />
      <TextAreaField name="description" label="Description" optional hint="For you and your colleagues." value={draft.description} error={errors.description} />
    </>
  );
}

function ScopesAndRedirectUris({ draft, errors }: FormPageProps) {
  return (
    <>
      <ChoiceField kind="checkbox" name="scopes" label="Scopes" choices={SCOPE_CHOICES} chosen={draft.scopes} error={errors.scopes} />
      <TextAreaField
        name="redirectUris"
        label="Redirect URLs"
        optional
        hint={
          <>
            Where the browser returns to in the authorization code grant; one a line, at most {MAX_REDIRECT_URIS}. Leave it empty when the application uses
            client credentials only.
          </>
        }
        value={draft.redirectUris.join("\n")}
        error={errors.redirectUris}
        monospace
      />
      <PostmanChoice registered={draft.redirectUris} />
    </>
  );
}

/** One click in place of two addresses to find and type. It goes once it was used: the addresses then stand in the field above. */
function PostmanChoice({ registered }: { readonly registered: readonly string[] }) {
  const missing = missingPostmanUris(registered);
  if (missing.length === 0) return null;
  const choice = { value: "yes", label: "Add Postman’s return URLs", hint: `To try it in Postman with the authorization code grant: ${missing.join(" and ")}` };
  return <ChoiceField kind="checkbox" name="postman" label="Postman" optional choices={[choice]} chosen={[]} />;
}
