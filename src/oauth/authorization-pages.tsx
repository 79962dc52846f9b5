/** The pages of the authorization endpoint beside consent: signing in for an application, and being the wrong user for it. */
import { SignInFields } from "../identity/sign-in-page.tsx";
import { PlainPage } from "../web/layout.tsx";
import { Form, FormActions, LinkButton, SubmitButton } from "../web/parts/form.tsx";

/** Posts to the authorization endpoint with the sealed request, which is how our own forms differ from requests of clients by POST. */
export const SEALED_REQUEST_FIELD = "authorization_request";

interface SignInForApplicationProps {
  readonly applicationName: string;
  readonly sealedRequest: string;
  /** What was typed before. */
  readonly email?: string | undefined;
  readonly problem?: string | undefined;
}

export function SignInForApplicationPage({ applicationName, sealedRequest, email, problem }: SignInForApplicationProps) {
  return (
    <PlainPage title="Sign in">
      <h1>
        Sign in to continue to <bdi>{applicationName}</bdi>
      </h1>
      <p class="hint">
        Use the e-mail address and password of the user who registered <bdi>{applicationName}</bdi>.
      </p>
      <Form action="/oauth2/auth">
        <input type="hidden" name={SEALED_REQUEST_FIELD} value={sealedRequest} />
        <SignInFields email={email} problem={problem} />
        <FormActions>
          <SubmitButton>Sign in</SubmitButton>
        </FormActions>
      </Form>
    </PlainPage>
  );
}

interface WrongUserProps {
  readonly applicationName: string;
  /** Null when the viewer may not know. */
  readonly ownerName: string | null;
  readonly viewerName: string;
  readonly sealedRequest: string;
  /** The application's own address, with the news that access was denied. */
  readonly returnTo: string;
  readonly reference: string;
}

export function WrongUserPage({ applicationName, ownerName, viewerName, sealedRequest, returnTo, reference }: WrongUserProps) {
  return (
    <PlainPage title="You cannot consent for this application">
      <h1>
        You cannot consent for <bdi>{applicationName}</bdi>
      </h1>
      <p>
        {ownerName === null ? (
          "Only the user who registered it can."
        ) : (
          <>
            Only <strong>{ownerName}</strong>, who registered it, can.
          </>
        )}{" "}
        You are signed in as <strong>{viewerName}</strong>.
      </p>
      <p>Ask that person to do this step, or sign in as that user if it is you.</p>
      <Form action="/oauth2/auth">
        <input type="hidden" name={SEALED_REQUEST_FIELD} value={sealedRequest} />
        <FormActions>
          <SubmitButton name="switch_user" value="yes">
            Sign in as another user
          </SubmitButton>
          <LinkButton href={returnTo}>Return to the application</LinkButton>
        </FormActions>
      </Form>
      <p class="reference">
        Reference <code>{reference}</code>
      </p>
    </PlainPage>
  );
}

/** After a second click on an answer: the first one has gone out. */
export function AnsweredBeforePage({ startAgain }: { readonly startAgain: string }) {
  return (
    <PlainPage title="Answered already">
      <h1>You have answered this request already</h1>
      <p>Go back to the application. If it still waits for you, start again.</p>
      <LinkButton href={startAgain}>Start again</LinkButton>
    </PlainPage>
  );
}
