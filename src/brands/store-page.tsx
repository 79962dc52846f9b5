import type { ComponentChildren } from "preact";
import { ConsolePage } from "../web/layout.tsx";
import { ConfirmPage } from "../web/parts/confirm-page.tsx";
import { Form, LinkButton, SubmitButton } from "../web/parts/form.tsx";
import { StatusPill } from "../web/parts/states.tsx";
import { Table, type Column } from "../web/parts/table.tsx";
import type { Viewer } from "../web/viewer.ts";

interface StoreApp {
  readonly name: string;
  readonly purpose: string;
  readonly state: ComponentChildren;
  readonly action: ComponentChildren;
}

const COLUMNS: readonly Column<StoreApp>[] = [
  { header: "App", cell: (app) => app.name },
  { header: "What it does", cell: (app) => app.purpose },
  { header: "State", cell: (app) => app.state },
  { header: "Action", cell: (app) => app.action },
];

/** The apps that a brand can have, and their state. `installedWebhooks`: how many of them the viewer may see. */
export function StorePage({ viewer, installedWebhooks }: { readonly viewer: Viewer; readonly installedWebhooks: number }) {
  return (
    <ConsolePage
      title="Store"
      intro={
        <>
          The apps that <bdi>{viewer.brandName}</bdi> can use.
        </>
      }
    >
      <Table caption="Apps of the store" columns={COLUMNS} rows={[oauthServer(viewer), webhook(installedWebhooks)]} />
    </ConsolePage>
  );
}

function oauthServer(viewer: Viewer): StoreApp {
  const active = viewer.modules.has("oauth2-server");
  const adminAction = active ? (
    <LinkButton href="/store/oauth2-server/deactivate">Deactivate</LinkButton>
  ) : (
    <Form action="/store/oauth2-server/activate">
      <SubmitButton>Activate</SubmitButton>
    </Form>
  );
  return {
    name: "OAuth 2.0 server",
    purpose: "Register applications that get access tokens, by client credentials or by a user's consent, and call webhooks with them.",
    state: active ? <StatusPill kind="good">Active</StatusPill> : <StatusPill kind="neutral">Not active</StatusPill>,
    action: viewer.isAdmin ? adminAction : active ? "Ask an admin to deactivate it." : "Ask an admin to activate it.",
  };
}

function webhook(installed: number): StoreApp {
  return {
    name: "Webhook",
    purpose: "An endpoint that takes JSON and turns it into customers, by a mapping that you choose. Install as many as you need.",
    state: installed > 0 ? <StatusPill kind="good">{installed} installed</StatusPill> : <StatusPill kind="neutral">Not installed</StatusPill>,
    action: <LinkButton href="/store/webhook">Install</LinkButton>,
  };
}

export function DeactivatePage({ viewer }: { readonly viewer: Viewer }) {
  return (
    <ConfirmPage
      title="Deactivate the OAuth 2.0 server?"
      breadcrumb={{ href: "/store", label: "Store" }}
      consequences={[
        <>
          The menu entry “OAuth 2.0 applications” and its pages are hidden from everybody in <bdi>{viewer.brandName}</bdi>.
        </>,
        "Applications get no more tokens, and nobody can consent to them.",
        "Access tokens that are out are refused, so every call to a webhook with OAuth 2.0 fails.",
      ]}
      stays="Nothing is deleted. Once it is activated again, the same applications, secrets and unexpired tokens work."
      action="/store/oauth2-server/deactivate"
      verb="Deactivate the OAuth 2.0 server"
      cancelHref="/store"
      canBeUndone
    />
  );
}
