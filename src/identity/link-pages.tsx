/** The pages that one-time links lead to: set-up and invitation, and what they say when a link does not work. */
import { PlainPage } from "../web/layout.tsx";
import { ErrorSummary, Form, FormActions, LinkButton, SubmitButton, TextField, type FieldErrors } from "../web/parts/form.tsx";
import { MIN_PASSWORD_CHARACTERS } from "./password.ts";
import type { User } from "./user.ts";

const PASSWORD_HINT = `At least ${MIN_PASSWORD_CHARACTERS} characters. Length is what counts: four unrelated words are good.`;

/** For each page with a `NewPasswordField`. */
export const NEW_PASSWORD_ISLANDS: readonly string[] = ["show-password.js"];

/** A password to set; never filled in, also not when the form comes back. */
export function NewPasswordField({ label, error }: { readonly label: string; readonly error?: string | undefined }) {
  return <TextField name="password" label={label} type="password" autocomplete="new-password" hint={PASSWORD_HINT} error={error} />;
}

interface SetUpPageProps {
  readonly path: string;
  readonly name?: string;
  readonly email?: string;
  readonly errors?: FieldErrors;
}

export function SetUpPage({ path, name = "", email = "", errors = {} }: SetUpPageProps) {
  return (
    <PlainPage title="Set up Hookgate" islands={NEW_PASSWORD_ISLANDS}>
      <h1>Set up Hookgate</h1>
      <p>You are the first admin: you see everything here, add the others and choose what is switched on.</p>
      <ErrorSummary errors={errors} />
      <Form action={path}>
        <TextField name="name" label="Your name" autocomplete="name" value={name} error={errors["name"]} autofocus={Object.keys(errors).length === 0} />
        <TextField
          name="email"
          label="E-mail address"
          type="email"
          autocomplete="username"
          hint="You sign in with it. Nothing is sent there."
          value={email}
          error={errors["email"]}
        />
        <NewPasswordField label="Password" error={errors["password"]} />
        <FormActions>
          <SubmitButton>Set up and sign in</SubmitButton>
        </FormActions>
      </Form>
    </PlainPage>
  );
}

export function SetUpOverPage() {
  return (
    <PlainPage title="Set-up is over">
      <h1>Hookgate is set up</h1>
      <p>There is an admin already, so set-up links do not work any more. Sign in, or ask an admin for an invitation.</p>
      <FormActions>
        <LinkButton href="/sign-in" kind="primary">
          Sign in
        </LinkButton>
      </FormActions>
    </PlainPage>
  );
}

export function UnknownSetUpLinkPage() {
  return (
    <PlainPage title="This set-up link does not work">
      <h1>This set-up link does not work</h1>
      <p>Set-up links work for 7 days, and only whole. Copy the link again from the terminal in which the server was started.</p>
      <p>The link is gone or too old? Start the server again: it prints a new one.</p>
    </PlainPage>
  );
}

interface InvitationPageProps {
  readonly path: string;
  readonly user: User;
  readonly brandName: string;
  readonly errors?: FieldErrors;
}

/** For who joins, and for who has forgotten the password. */
export function InvitationPage({ path, user, brandName, errors = {} }: InvitationPageProps) {
  const title = user.status === "invited" ? `Join ${brandName}` : "Set a new password";
  return (
    <PlainPage title={title} islands={NEW_PASSWORD_ISLANDS}>
      <h1>{title}</h1>
      <p>
        Hello <bdi>{user.name}</bdi>. From now on you sign in with <strong>{user.email}</strong> and the password that you set here.
      </p>
      <Form action={path}>
        {/* Tells password managers what the new password belongs to. */}
        <input type="hidden" name="username" autocomplete="username" value={user.email} />
        <NewPasswordField label="Password" error={errors["password"]} />
        <FormActions>
          <SubmitButton>Set password and sign in</SubmitButton>
        </FormActions>
      </Form>
    </PlainPage>
  );
}

export function InvitationOverPage() {
  return (
    <PlainPage title="This link does not work any more">
      <h1>This link does not work any more</h1>
      <p>A link to set a password works once and for 7 days, and a newer link takes the place of an older one.</p>
      <p>You have set your password already? Then sign in. If not, ask the admin who gave you the link for a new one.</p>
      <FormActions>
        <LinkButton href="/sign-in" kind="primary">
          Sign in
        </LinkButton>
      </FormActions>
    </PlainPage>
  );
}
