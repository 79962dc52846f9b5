import { MINUTE } from "../lib/clock.ts";
import { PlainPage } from "../web/layout.tsx";
import { Form, FormActions, LinkButton, SubmitButton, TextField } from "../web/parts/form.tsx";
import { Notice } from "../web/parts/notice.tsx";
import type { SignInRefusal } from "./sign-in.ts";

/** Why the sign-in did not work, as a sentence that tells a stranger nothing about who has a user here. */
export function signInProblem(refusal: SignInRefusal, now: number): string {
  if (refusal.kind === "wrong") return "The e-mail address or the password is not right. Check both and try again.";
  if (refusal.kind === "deactivated") return "An admin has switched this user off. Ask an admin of your brand to switch it on again.";
  if (refusal.kind === "inactive") {
    return "This user was not used for so long that it is inactive. Ask an admin of your brand to reactivate it; everything of it then works as before.";
  }
  return `Too many attempts did not work. Wait ${waitingTime(refusal.retryAt, now)}, then try again.`;
}

/** Whole minutes, rounded up, so that nobody comes back too early. */
export function waitingTime(until: number, now: number): string {
  const minutes = Math.max(1, Math.ceil((until - now) / MINUTE));
  return minutes === 1 ? "1 minute" : `${minutes} minutes`;
}

interface SignInFieldsProps {
  /** What was typed before; a password never comes back. */
  readonly email?: string | undefined;
  readonly problem?: string | undefined;
}

/** The fields of a sign-in form (`email`, `password`) and above them what was wrong. For every form that signs in. */
export function SignInFields({ email = "", problem }: SignInFieldsProps) {
  return (
    <>
      {problem !== undefined && <Notice kind="error">{problem}</Notice>}
      <TextField name="email" label="E-mail address" type="email" autocomplete="username" value={email} autofocus={email === ""} />
      <TextField name="password" label="Password" type="password" autocomplete="current-password" autofocus={email !== ""} />
    </>
  );
}

export function SignInPage({ returnTo, ...fields }: SignInFieldsProps & { readonly returnTo: string }) {
  return (
    <PlainPage title="Sign in">
      <h1>Sign in</h1>
      <Form action="/sign-in">
        <input type="hidden" name="return_to" value={returnTo} />
        <SignInFields {...fields} />
        <FormActions>
          <SubmitButton>Sign in</SubmitButton>
        </FormActions>
      </Form>
      <p class="hint">Forgot your password, or have no user yet? Ask an admin of your brand.</p>
    </PlainPage>
  );
}

/** In place of a sign-in form that nobody could use: there is no admin yet. */
export function NotSetUpPage() {
  return (
    <PlainPage title="Not set up yet">
      <h1>Hookgate is not set up yet</h1>
      <p>Whoever started this server finds a one-time set-up link in its terminal. Open it to make the first admin.</p>
      <p>The link is gone? Start the server again: it prints a new one as long as there is no admin.</p>
      <LinkButton href="/sign-in">It is set up: sign in</LinkButton>
    </PlainPage>
  );
}
