/**
 * A brand is the tenant: users, applications, webhooks, customers and quota belong to one. This module owns brands and which
 * apps of the store are active in them. It must not know what an app does.
 */
export const MODULES = ["oauth2-server", "webhook-pro"] as const;
/** An app of the store that is switched on and off as a whole for a brand. */
export type Module = (typeof MODULES)[number];

export interface Brand {
  readonly id: string;
  readonly name: string;
  /** IANA time zone in which the brand's day begins. */
  readonly timeZone: string;
  /** Days after which its calls are deleted; absent where they are kept for ever. */
  readonly callsKeptDays?: number | undefined;
  readonly modules: ReadonlySet<Module>;
  readonly createdAt: number;
}

/** The brand that exists from the start. */
export const DEFAULT_BRAND_ID = "00000000-0000-4000-8000-000000000001";
