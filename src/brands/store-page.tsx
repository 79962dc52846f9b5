import type { ComponentChildren } from "preact";
import { ConsolePage } from "../web/layout.tsx";
import { ConfirmPage } from "../web/parts/confirm-page.tsx";
import { Form, LinkButton, SubmitButton } from "../web/parts/form.tsx";
import { StatusPill } from "../web/parts/states.tsx";
import { Table, type Column } from "../web/parts/table.tsx";
import type { Viewer } from "../web/viewer.ts";
import type { Module } from "./brand.ts";
import { CALLS_A_DAY } from "./call-quota.ts";

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
      <Table caption="Apps of the store" columns={COLUMNS} rows={[oauthServer(viewer), webhook(viewer, installedWebhooks), webhookPro(viewer)]} />
    </ConsolePage>
  );
}

function oauthServer(viewer: Viewer): StoreApp {
  return switchedApp(viewer, {
    module: "oauth2-server",
    name: "OAuth 2.0 server",
    purpose: "Register applications that get access tokens, by client credentials or by a user's consent, and call webhooks with them.",
  });
}

function webhookPro(viewer: Viewer): StoreApp {
  return switchedApp(viewer, {
    module: "webhook-pro",
    name: "Webhook Pro",
    purpose: `Lifts the limit of ${CALLS_A_DAY.toLocaleString("en")} calls a day. Your webhooks stay as they are.`,
  });
}

/** An app that is switched on and off as a whole, by admins only. */
function switchedApp(viewer: Viewer, { module, name, purpose }: { readonly module: Module; readonly name: string; readonly purpose: string }): StoreApp {
  const active = viewer.modules.has(module);
  const adminAction = active ? (
    <LinkButton href={`/store/${module}/deactivate`}>Deactivate</LinkButton>
  ) : (
    <Form action={`/store/${module}/activate`}>
      <SubmitButton kind={module === "oauth2-server" ? "primary" : "plain"}>Activate</SubmitButton>
    </Form>
  );
  return {
    name,
    purpose,
    state: active ? <StatusPill kind="good">Active</StatusPill> : <StatusPill kind="neutral">Not active</StatusPill>,
    action: viewer.isAdmin ? adminAction : active ? "Only admins deactivate it." : "Ask an admin to activate it.",
  };
}

function webhook(viewer: Viewer, installed: number): StoreApp {
  // The one primary action is the next step of the walk.
  const isNext = viewer.modules.has("oauth2-server") && installed === 0;
  return {
    name: "Webhook",
    purpose: "An endpoint that takes JSON and turns it into customers, by a mapping that you choose. Install as many as you need.",
    state: installed > 0 ? <StatusPill kind="good">{installed} installed</StatusPill> : <StatusPill kind="neutral">Not installed</StatusPill>,
    action: (
      <LinkButton href="/store/webhook" kind={isNext ? "primary" : "plain"}>
        Install
      </LinkButton>
    ),
  };
}

/** What stops when an app is switched off, and what stays. */
export function DeactivatePage({ module, viewer }: { readonly module: Module; readonly viewer: Viewer }) {
  const { name, consequences, stays } = deactivation(module, viewer);
  return (
    <ConfirmPage
      title={`Deactivate ${name}?`}
      breadcrumb={{ href: "/store", label: "Store" }}
      consequences={consequences}
      stays={stays}
      action={`/store/${module}/deactivate`}
      verb={`Deactivate ${name}`}
      cancelHref="/store"
      canBeUndone
    />
  );
}

function deactivation(module: Module, viewer: Viewer) {
  if (module === "webhook-pro") {
    return {
      name: "Webhook Pro",
      consequences: [
        `The webhooks of this brand take ${CALLS_A_DAY.toLocaleString("en")} calls a day, all together. Further calls are refused (429) until the next day begins.`,
      ],
      stays: "Nothing is deleted, and no webhook changes.",
    };
  }
  return {
    name: "the OAuth 2.0 server",
    consequences: [
      <>
        The menu entry “OAuth 2.0 applications” and its pages are hidden from everybody in <bdi>{viewer.brandName}</bdi>.
      </>,
      "Applications get no more tokens, and nobody can consent to them.",
      "Access tokens that are out are refused, so every call to a webhook with OAuth 2.0 fails.",
    ],
    stays: "Nothing is deleted. Once it is activated again, the same applications, secrets and unexpired tokens work.",
  };
}
