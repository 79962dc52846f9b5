/**
 * Webhooks: the installed inbound endpoints of a brand, their field mapping, and the calls that they receive. This module
 * owns what a call must prove, what it writes and what it is answered; it must not know how a token was granted or how rows are stored.
 */
import type { CustomerFieldName } from "../customers/customer-fields.ts";
import type { Transforms } from "./mapping/transforms.ts";

export const AUTHENTICATION_TYPES = ["oauth2", "token", "basic", "signature"] as const;
export type AuthenticationType = (typeof AUTHENTICATION_TYPES)[number];

/** What the wizard asked about the authentication, by the name of the field; empty where a type has no fields. */
export type AuthenticationSettings = Readonly<Record<string, string>>;

/** Where a value comes from. A path is a singular JSONPath query (RFC 9535 section 2.3.5.1), relative to one object of the body: `$.email`, `$['first name']`. */
export type MappedSource =
  | { readonly path: string }
  /** Joined in this order, those that are absent, null or empty left out. */
  | { readonly paths: readonly string[]; readonly separator: string }
  | { readonly constant: string };

/** One line of a mapping: what this source gives for each object goes, after the steps, to this customer field. */
export type MappedField = MappedSource & { readonly field: CustomerFieldName; /** Absent: the value as it is. */ readonly transforms?: Transforms };

export interface FieldMapping {
  readonly fields: readonly MappedField[];
  /** The customer fields that find an existing customer; empty: every object makes a new one. */
  readonly deduplicateBy: readonly CustomerFieldName[];
}

export interface Webhook {
  /** Random; the last part of its endpoint URL. */
  readonly id: string;
  readonly brandId: string;
  readonly ownerId: string;
  readonly name: string;
  /** Null until step 2 of the wizard: until then the endpoint answers as if there were none. */
  readonly authentication: AuthenticationType | null;
  readonly authenticationSettings: AuthenticationSettings;
  /** Null until step 5: until then calls are kept as samples and nothing is written. */
  readonly mapping: FieldMapping | null;
  /** The id of the field set of `mapping.deduplicateBy`; null without deduplication. */
  readonly fieldSetId: string | null;
  /** How often a mapping was saved: the newest of its versions. */
  readonly mappingVersion: number;
  /** Absent where its calls are not limited but by the brand's quota. */
  readonly callsAMinute?: number | undefined;
  /** Paths into one object of a body whose values are masked wherever they are shown or exported; absent where none are marked. */
  readonly sensitivePaths?: readonly string[] | undefined;
  /** The forwarding target that its accepted calls are sent on to; absent where there is none. */
  readonly targetId?: string | undefined;
  /** Since when its calls wait; absent while it is not paused. */
  readonly pausedAt?: number | undefined;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** Where its calls go. */
export function endpointOf(issuer: string, { id }: Pick<Webhook, "id">): string {
  return `${issuer}/hooks/${id}`;
}
