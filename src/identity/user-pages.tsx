import type { Page } from "../lib/page.ts";
import { ConsolePage } from "../web/layout.tsx";
import { CopyField } from "../web/parts/copy.tsx";
import { ChoiceField, ErrorSummary, Form, FormActions, LinkButton, SubmitButton, TextField, type Choice, type FieldErrors } from "../web/parts/form.tsx";
import { Section } from "../web/parts/section.tsx";
import { StatusPill, Time } from "../web/parts/states.tsx";
import { Facts, Pager, Table, type Column } from "../web/parts/table.tsx";
import type { Role, User, UserStatus } from "./user.ts";
import type { TypedUser } from "./user-fields.ts";

export const ROLE_LABELS: Readonly<Record<Role, string>> = { admin: "Admin", member: "Member" };

const ROLE_CHOICES: readonly Choice[] = [
  { value: "member", label: ROLE_LABELS.member, hint: "Sees own applications and webhooks with their calls, and the brand's customers." },
  { value: "admin", label: ROLE_LABELS.admin, hint: "Sees everything of the brand, and alone manages users, store and settings." },
];

const STATUSES: Readonly<Record<UserStatus, { readonly kind: "good" | "waiting" | "bad"; readonly label: string }>> = {
  active: { kind: "good", label: "Active" },
  invited: { kind: "waiting", label: "Invited" },
  deactivated: { kind: "bad", label: "Deactivated" },
};

function Status({ of }: { readonly of: User }) {
  const { kind, label } = STATUSES[of.status];
  return <StatusPill kind={kind}>{label}</StatusPill>;
}

function LastSignedIn({ of }: { readonly of: User }) {
  return of.signedInAt === null ? <>Never</> : <Time at={of.signedInAt} />;
}

const COLUMNS: readonly Column<User>[] = [
  { header: "Name", cell: (user) => <bdi>{user.name}</bdi> },
  { header: "E-mail address", cell: (user) => user.email },
  { header: "Role", cell: (user) => ROLE_LABELS[user.role] },
  { header: "Status", cell: (user) => <Status of={user} /> },
  { header: "Last signed in", cell: (user) => <LastSignedIn of={user} /> },
];

/** Never empty: who looks at it is in it. */
export function UsersPage({ page, after }: { readonly page: Page<User>; readonly after: string | null }) {
  return (
    <ConsolePage
      title="Users"
      intro="People of this brand who sign in here."
      action={
        <LinkButton href="/users/new" kind="primary">
          Add user
        </LinkButton>
      }
    >
      <Table caption="Users" columns={COLUMNS} rows={page.rows} href={(user) => `/users/${user.id}`} />
      <Pager page={page} after={after} href="/users" start="Start of the list" />
    </ConsolePage>
  );
}

export function NewUserPage({ typed, errors }: { readonly typed: TypedUser; readonly errors: FieldErrors }) {
  return (
    <ConsolePage
      title="Add a user"
      intro="You get a one-time link on the next page, by which the new user sets a password. Nothing is sent by e-mail."
      breadcrumb={{ href: "/users", label: "Users" }}
    >
      <ErrorSummary errors={errors} />
      <Form action="/users/new">
        <TextField name="name" label="Name" autocomplete="off" value={typed.name} error={errors["name"]} />
        <TextField
          name="email"
          label="E-mail address"
          type="email"
          autocomplete="off"
          hint="The new user signs in with it."
          value={typed.email}
          error={errors["email"]}
        />
        <ChoiceField kind="radio" name="role" label="Role" choices={ROLE_CHOICES} chosen={[typed.role]} error={errors["role"]} />
        <FormActions>
          <SubmitButton>Add user</SubmitButton>
          <LinkButton href="/users">Cancel</LinkButton>
        </FormActions>
      </Form>
    </ConsolePage>
  );
}

interface UserPageProps {
  readonly user: User;
  readonly isViewer: boolean;
  /** The whole link, on the one page view that follows its making. */
  readonly invitationLink: string | null;
}

export function UserPage({ user, isViewer, invitationLink }: UserPageProps) {
  return (
    <ConsolePage title={user.name} breadcrumb={{ href: "/users", label: "Users" }}>
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
      {user.status === "invited" && <Invitation user={user} link={invitationLink} />}
    </ConsolePage>
  );
}

function Invitation({ user, link }: { readonly user: User; readonly link: string | null }) {
  return (
    <Section title="Invitation">
      {link === null ? (
        <p>
          The link was shown once, when it was made. If <bdi>{user.name}</bdi> does not have it any more, or more than 7 days have passed, make a new one: the
          one before then stops working.
        </p>
      ) : (
        <CopyField
          label="Invitation link"
          value={link}
          secret="Give it to this user and to nobody else: whoever opens it first sets the password. It works once and for 7 days."
        />
      )}
      <Form action={`/users/${user.id}/invitation`}>
        <FormActions>
          <SubmitButton kind="plain">New invitation link</SubmitButton>
        </FormActions>
      </Form>
    </Section>
  );
}
