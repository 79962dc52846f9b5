import type { Page } from "../lib/page.ts";
import { ConsolePage } from "../web/layout.tsx";
import { ChoiceField, ErrorSummary, Form, FormActions, LinkButton, SubmitButton, TextField, type Choice, type FieldErrors } from "../web/parts/form.tsx";
import { StatusPill, Time } from "../web/parts/states.tsx";
import { Pager, Table, type Column } from "../web/parts/table.tsx";
import { usePage } from "../web/render.tsx";
import { isAboutToBeInactive, type Standing } from "./inactivity.ts";
import type { Role, User } from "./user.ts";
import type { TypedUser } from "./user-fields.ts";
import type { UserWithStanding } from "./user-service.ts";

export const ROLE_LABELS: Readonly<Record<Role, string>> = { admin: "Admin", member: "Member" };

const ROLE_CHOICES: readonly Choice[] = [
  { value: "member", label: ROLE_LABELS.member, hint: "Sees own applications and webhooks with their calls, and the brand's customers." },
  { value: "admin", label: ROLE_LABELS.admin, hint: "Sees everything of the brand, and alone manages users, store and settings." },
];

const STATUSES: Readonly<Record<Standing["kind"], { readonly kind: "good" | "waiting" | "bad"; readonly label: string }>> = {
  active: { kind: "good", label: "Active" },
  inactive: { kind: "bad", label: "Inactive" },
  invited: { kind: "waiting", label: "Invited" },
  deactivated: { kind: "bad", label: "Deactivated" },
};

export function Status({ of }: { readonly of: UserWithStanding }) {
  const { now } = usePage();
  const { kind, label } = STATUSES[of.standing.kind];
  if (!isAboutToBeInactive(of.standing, now)) return <StatusPill kind={kind}>{label}</StatusPill>;
  return (
    <StatusPill kind="waiting">
      Inactive <Time at={of.standing.until} />
    </StatusPill>
  );
}

export function LastSignedIn({ of }: { readonly of: User }) {
  return of.signedInAt === null ? <>Never</> : <Time at={of.signedInAt} />;
}

const COLUMNS: readonly Column<UserWithStanding>[] = [
  { header: "Name", cell: (user) => <bdi>{user.name}</bdi> },
  { header: "E-mail address", cell: (user) => user.email },
  { header: "Role", cell: (user) => ROLE_LABELS[user.role] },
  { header: "Status", cell: (user) => <Status of={user} /> },
  { header: "Last signed in", cell: (user) => <LastSignedIn of={user} /> },
];

/** Never empty: who looks at it is in it. */
export function UsersPage({ page, after }: { readonly page: Page<UserWithStanding>; readonly after: string | null }) {
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
