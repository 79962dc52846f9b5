/**
 * The overview: the console's first page. It owns the walk from nothing to the first customer, told from what is really
 * there; it reads through the other modules' ports and writes nothing.
 */
import type { CallOutcome } from "../webhooks/calls/call.ts";

/** What the walk looks at: of the whole brand for an admin, of their own for a member. */
export interface WalkFacts {
  readonly isAdmin: boolean;
  readonly serverActive: boolean;
  readonly hasApplication: boolean;
  /** The webhook to send the first call to; null while there is none. */
  readonly newestWebhook: { readonly id: string; readonly isMapped: boolean } | null;
  /** Outcomes among the newest calls. */
  readonly outcomes: ReadonlySet<CallOutcome>;
  readonly hasCustomer: boolean;
}

export interface WalkStep {
  readonly title: string;
  readonly sentence: string;
  readonly done: boolean;
  /** Where to do it; null when the viewer cannot. */
  readonly action: { readonly href: string; readonly label: string } | null;
}

/** The five steps in order, each marked by what is there and not by what was clicked: deleting the only webhook opens its step again. */
export function walkOf(facts: WalkFacts): readonly WalkStep[] {
  const { newestWebhook, outcomes } = facts;
  const webhookHref = newestWebhook === null ? "/webhooks" : `/webhooks/${newestWebhook.id}`;
  // The newest calls may all be refused ones; customers and a mapping then tell that the walk was walked before.
  const hasWritten = outcomes.has("accepted") || (facts.hasCustomer && newestWebhook !== null && newestWebhook.isMapped);
  return [
    {
      title: "Activate the OAuth 2.0 server",
      sentence: facts.isAdmin
        ? "It gives applications access tokens. The store switches it on for your brand."
        : "It gives applications access tokens. Ask an admin of your brand to switch it on in the store.",
      done: facts.serverActive,
      action: facts.isAdmin ? { href: "/store", label: "Open the store" } : null,
    },
    {
      title: "Register an application",
      sentence: "The program that will send data. It gets a client id and a secret, and with them a token.",
      done: facts.hasApplication,
      action: { href: "/applications/new", label: "Register application" },
    },
    {
      title: "Install a webhook",
      sentence: "The address that takes the data. Choose OAuth 2.0 as its authentication.",
      done: newestWebhook !== null,
      action: { href: "/store/webhook", label: "Install webhook" },
    },
    {
      title: "Send the first call",
      sentence: "Post JSON to the webhook with the token, so that its structure can be seen.",
      done: outcomes.has("sample") || outcomes.has("waiting") || hasWritten,
      action: { href: webhookHref, label: "Open webhook" },
    },
    {
      title: "Map fields and see the first customer",
      sentence: "Say which value goes to which customer field. The next call then makes a customer.",
      done: hasWritten,
      action: { href: webhookHref, label: "Map fields" },
    },
  ];
}
