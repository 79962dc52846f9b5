/** What a type of webhook authentication declares and does. One file beside this one for each type, one line in `webhook-authentication.ts`. */
import type { Module } from "../../brands/brand.ts";
import type { LiveWebhook } from "../webhook-directory.ts";
import type { AuthenticationType } from "../webhook.ts";

/** What a call brings along to prove itself. */
export interface Credentials {
  /** Every `Authorization` header of the request, raw. */
  readonly authorization: readonly string[];
  /** Whether the address carries an `access_token`, where none is taken. */
  readonly tokenInAddress: boolean;
}

export interface Caller {
  readonly clientId: string;
  readonly applicationName: string;
}

export type AuthenticationCheck =
  | { readonly kind: "accepted"; readonly caller: Caller }
  | {
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
    };

export interface WebhookAuthentication {
  readonly type: AuthenticationType;
  /** What the wizard says. */
  readonly label: string;
  readonly hint: string;
  /** Offered only while this app of the store is active in the brand. */
  readonly requiredModule: Module | null;
  /** Rejects when nobody can tell at present; then nobody is let in. */
  check(credentials: Credentials, webhook: LiveWebhook): Promise<AuthenticationCheck>;
}
