import type { ComponentChildren } from "preact";
import { ConsolePage } from "../web/layout.tsx";
import { CopyField } from "../web/parts/copy.tsx";
import { Form, FormActions, LinkButton, SubmitButton } from "../web/parts/form.tsx";
import { Notice } from "../web/parts/notice.tsx";
import { Section } from "../web/parts/section.tsx";
import { Time } from "../web/parts/states.tsx";
import { Facts } from "../web/parts/table.tsx";
import { usePage } from "../web/render.tsx";
import { isAboutToBeInactive } from "./inactivity.ts";
import type { User } from "./user.ts";
import type { UserWithStanding } from "./user-service.ts";
import { LastSignedIn, ROLE_LABELS, Status } from "./users-page.tsx";

interface UserPageProps {
  readonly user: UserWithStanding;
  readonly isViewer: boolean;
  /** The whole link, on the one page view that follows its making. */
  readonly passwordLink: string | null;
}

/** One user: the facts, the way in for who has no password, and the switch. */
export function UserPage({ user, isViewer, passwordLink }: UserPageProps) {
  const path = `/users/${user.id}`;
  const { standing } = user;
  return (
    <ConsolePage
      title={user.name}
      breadcrumb={{ href: "/users", label: "Users" }}
      action={
        <>
          {user.status !== "deactivated" && <LinkButton href={`${path}/deactivate`}>Deactivate</LinkButton>}
          <LinkButton href={`${path}/delete`} kind="danger">
            Delete
          </LinkButton>
        </>
      }
    >
      <Facts
        facts={[
          ["E-mail address", user.email],
          ["Role", ROLE_LABELS[user.role]],
          ["Status", <Status of={user} />],
          ["Added", <Time at={user.createdAt} />],
          ["Last signed in", <LastSignedIn of={user} />],
        ]}
      />
      {isViewer && (
        <p>
          This is you. Your password is changed under <a href="/account">your account</a>.
        </p>
      )}
      <InactivityWarning of={user} />
      {standing.kind === "deactivated" && (
        <Reactivation title="Deactivated" path={path}>
          Nothing of this user works: no sign-in, no application, no webhook. Nothing was deleted.
        </Reactivation>
      )}
      {standing.kind === "inactive" && (
        <Reactivation title="Inactive" path={path}>
          This user has not signed in for so long that nothing of it works: no sign-in, no application, no webhook. Reactivated, all of it works again, with the
          same tokens and secrets.
        </Reactivation>
      )}
      {standing.kind === "invited" && (
        <PasswordLink
          path={path}
          link={passwordLink}
          title="Invitation"
          label="Invitation link"
          hint="The link was shown once, when it was made. If this user does not have it any more, or more than 7 days have passed, make a new one: the one before then stops working."
        />
      )}
      {standing.kind === "active" && !isViewer && (
        <PasswordLink
          path={path}
          link={passwordLink}
          title="Forgotten password"
          label="Password link"
          hint="Make a link by which this user sets a new password. The present password works until then."
        />
      )}
      <Section title="Applications and webhooks" intro="What belongs to this user, and the way to give all of it to somebody else.">
        <LinkButton href={`${path}/transfer`}>Show and transfer</LinkButton>
      </Section>
      <Section title="Integration tokens" intro="Tokens for software, made on this user. Each opens every webhook of the brand whose authentication is Token.">
        <LinkButton href={`${path}/integration-tokens`}>Integration tokens</LinkButton>
      </Section>
    </ConsolePage>
  );
}

interface PasswordLinkProps {
  readonly path: string;
  readonly link: string | null;
  readonly title: string;
  readonly label: string;
  readonly hint: string;
}

function PasswordLink({ path, link, title, label, hint }: PasswordLinkProps) {
  return (
    <Section title={title}>
      {link === null ? (
        <p>{hint}</p>
      ) : (
        <CopyField
          label={label}
          value={link}
          secret="Give it to this user and to nobody else: whoever opens it first sets the password. It works once and for 7 days."
        />
      )}
      <Form action={`${path}/invitation`}>
        <FormActions>
          <SubmitButton kind="plain">New {label.toLowerCase()}</SubmitButton>
        </FormActions>
      </Form>
    </Section>
  );
}

function InactivityWarning({ of: { standing } }: { readonly of: UserWithStanding }) {
  const { now } = usePage();
  if (!isAboutToBeInactive(standing, now)) return null;
  return (
    <Notice kind="warning">
      Without a sign-in this user becomes inactive <Time at={standing.until} />: the applications and webhooks of the user then refuse every request, until an
      admin reactivates it.
    </Notice>
  );
}

function Reactivation({ title, path, children }: { readonly title: string; readonly path: string; readonly children: ComponentChildren }) {
  return (
    <Section title={title} intro={children}>
      <Form action={`${path}/reactivate`}>
        <FormActions>
          <SubmitButton>Reactivate</SubmitButton>
        </FormActions>
      </Form>
    </Section>
  );
}

interface DeactivateUserPageProps {
  readonly user: User;
  readonly isViewer: boolean;
  readonly isLastAdmin?: boolean;
}

/** Asks before it happens: what stops, and that it can be undone. */
export function DeactivateUserPage({ user, isViewer, isLastAdmin = false }: DeactivateUserPageProps) {
  const path = `/users/${user.id}`;
  return (
    <ConsolePage title={`Deactivate ${user.name}?`} breadcrumb={{ href: path, label: user.name }}>
      {isLastAdmin && <Notice kind="error">This is the last active admin of the brand. Add another admin first, who can then do this.</Notice>}
      <Form action={`${path}/deactivate`} class="confirm">
        <p>From that moment on:</p>
        <ul class="consequences">
          <li>{isViewer ? "You are signed out, and you cannot sign in." : "The user is signed out everywhere and cannot sign in."}</li>
          <li>The user's applications get no access tokens, and those that they have are refused.</li>
          <li>The user's webhooks refuse every call, and every webhook refuses the integration tokens that were made on the user.</li>
        </ul>
        <p>Nothing is deleted. When an admin reactivates the user, all of it works again, and the user can sign in.</p>
        <FormActions>
          <SubmitButton>Deactivate user</SubmitButton>
          <LinkButton href={path}>Cancel</LinkButton>
        </FormActions>
      </Form>
    </ConsolePage>
  );
}
