import type { ComponentChildren } from "preact";
import type { UserWithStanding } from "../identity/user-service.ts";
import { ConsolePage } from "../web/layout.tsx";
import { ConfirmPage } from "../web/parts/confirm-page.tsx";
import { SelectField } from "../web/parts/form.tsx";
import { EmptyState } from "../web/parts/states.tsx";

/** What is passed on, in the words of a page. */
export interface Transfer {
  readonly title: string;
  /** Of the thing or user that this begins at. */
  readonly path: string;
  readonly name: string;
  /** "Transfer application" */
  readonly verb: string;
  readonly consequences: readonly ComponentChildren[];
  readonly stays: ComponentChildren;
}

interface TransferPageProps {
  readonly transfer: Transfer;
  readonly recipients: readonly UserWithStanding[];
  readonly error: string | undefined;
  /** What stands under the sentences: the list of what goes along. */
  readonly children?: ComponentChildren;
}

export function NothingToTransferPage({ transfer: { title, path, name } }: { readonly transfer: Transfer }) {
  return (
    <ConsolePage title={title} breadcrumb={{ href: path, label: name }}>
      <EmptyState action={{ href: path, label: "Back to the user" }}>Nothing belongs to this user: no application, no webhook.</EmptyState>
    </ConsolePage>
  );
}

/** Asks whom something shall belong to, and says what that ends. */
export function TransferPage({ transfer, recipients, error, children }: TransferPageProps) {
  const { title, path, name, verb, consequences, stays } = transfer;
  const breadcrumb = { href: path, label: name };
  if (recipients.length === 0) {
    return (
      <ConsolePage title={title} breadcrumb={breadcrumb}>
        <EmptyState action={{ href: "/users/new", label: "Add user" }}>There is no other active user of this brand to whom it could belong.</EmptyState>
      </ConsolePage>
    );
  }
  return (
    <ConfirmPage
      title={title}
      breadcrumb={breadcrumb}
      consequences={consequences}
      stays={stays}
      action={`${path}/transfer`}
      verb={verb}
      cancelHref={path}
      canBeUndone
    >
      {children}
      <SelectField
        name="to"
        label="New owner"
        placeholder="Choose a user"
        options={recipients.map((user) => ({ value: user.id, label: `${user.name} (${user.email})` }))}
        error={error}
      />
    </ConfirmPage>
  );
}

const ENDS_CONSENT = "Only the new owner can consent. What was consented to before ends at once: codes, access tokens and refresh tokens.";
const KEEPS_RUNNING =
  "Client IDs, client secrets and endpoints stay as they are, and so do the tokens that applications got by client credentials. If the previous owner must not use them any more, replace the client secrets.";

export function transferOfApplication(name: string, clientId: string): Transfer {
  return {
    title: `Transfer “${name}”`,
    path: `/applications/${clientId}`,
    name,
    verb: "Transfer application",
    consequences: [ENDS_CONSENT, "The new owner sees the application and its refused requests; the previous one sees them only as an admin."],
    stays: KEEPS_RUNNING,
  };
}

export function transferOfWebhook(name: string, webhookId: string): Transfer {
  return {
    title: `Transfer “${name}”`,
    path: `/webhooks/${webhookId}`,
    name,
    verb: "Transfer webhook",
    consequences: [
      "The new owner sees the webhook and all of its calls; the previous one sees them only as an admin.",
      "It takes calls as long as its new owner is active.",
    ],
    stays: "Its endpoint, its authentication and its data mapping stay as they are.",
  };
}

export function transferOfEverything(name: string, userId: string): Transfer {
  return {
    title: `Transfer everything of ${name}`,
    path: `/users/${userId}`,
    name,
    verb: "Transfer everything",
    consequences: [ENDS_CONSENT, "The new owner sees all of it with its calls; the previous one sees it only as an admin."],
    stays: KEEPS_RUNNING,
  };
}
