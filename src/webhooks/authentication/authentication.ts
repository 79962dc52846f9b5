/** What a type of webhook authentication declares and does. One file beside this one for each type, one line in `webhook-authentication.ts`. */
import type { Module } from "../../brands/brand.ts";
import type { RequestHeaders } from "../../lib/request-headers.ts";
import type { Soon } from "../../lib/soon.ts";
import type { ReadBody } from "../receiving/body-reader.ts";
import type { CodeExample } from "../call-examples.ts";
import type { LiveWebhook } from "../webhook-directory.ts";
import type { AuthenticationSettings, AuthenticationType } from "../webhook.ts";
import type { AuthenticationField } from "./authentication-field.ts";

/** What a call brings along to prove itself. */
export interface Credentials {
  readonly headers: RequestHeaders;
  /** Whether the address carries an `access_token`, where none is taken. */
  readonly tokenInAddress: boolean;
  /**
   * Reads the body of a caller who has not proved itself, for a proof that covers it. Within a room of its own, so that strangers can neither
   * fill the memory nor take it from those who have.
   */
  readUnprovedBody(): Soon<ReadBody>;
}

export interface Caller {
  /** Null where callers are no OAuth clients. */
  readonly clientId: string | null;
  /** What the call log calls it. */
  readonly applicationName: string;
  /** Tells the callers of one webhook apart: none repeats a call of another one. */
  readonly principal: string;
}

export interface AuthenticationRefusal {
  readonly kind: "refused";
  readonly status: 400 | 401 | 403;
  /** For the caller: what to change. */
  readonly detail: string;
  /** The whole value of `WWW-Authenticate`. */
  readonly challenge: string;
  /** For the owner; never on the wire. */
  readonly reason: string;
  /** Who it was, when that is known all the same. */
  readonly caller: Caller | null;
}

export type AuthenticationCheck =
  | {
      readonly kind: "accepted";
      readonly caller: Caller;
      /** The proved id of the call, where it has one: a call that comes again with it takes effect once. */
      readonly messageId?: string;
    }
  | AuthenticationRefusal
  /** The proof needs the body, and there is none. */
  | { readonly kind: "no-body"; readonly problem: Exclude<ReadBody["kind"], "read"> };

/** The secrets that a type makes for one webhook. */
export interface CredentialMaker {
  /** "token": what pages call one. */
  readonly noun: string;
  /** What the result of a command calls it. */
  readonly jsonName: string;
  /** A fresh one: the secret, which is in no other place from then on, and what the store keeps to check it. */
  make(credentialId: string, settings: AuthenticationSettings): { readonly secret: string; readonly verifier: string };
  /** What a page shows, once, ready to copy. */
  shown(secret: string, settings: AuthenticationSettings): readonly { readonly label: string; readonly value: string }[];
}

export interface WebhookAuthentication {
  readonly type: AuthenticationType;
  /** What the wizard says. */
  readonly label: string;
  readonly hint: string;
  readonly fields: readonly AuthenticationField[];
  /** Offered only while this app of the store is active in the brand. */
  readonly requiredModule: Module | null;
  /** Null where callers bring credentials that the webhook does not make. */
  readonly credentials: CredentialMaker | null;
  /** A call written down for those who send it; complete when the secret is still known. */
  examples(endpoint: string, settings: AuthenticationSettings, secret: string | null): readonly CodeExample[];
  /** Rejects when nobody can tell at present; then nobody is let in. */
  check(credentials: Credentials, webhook: LiveWebhook): Soon<AuthenticationCheck>;
  /** The refusal of a caller who proved itself, for a reason that is not its own. It reads on the wire like any other. */
  refuseAllTheSame(reason: string, webhook: LiveWebhook): AuthenticationRefusal;
}
