import type { Brand } from "./brand.ts";

/** What an admin may change about a brand. */
export interface BrandSettings extends Pick<Brand, "name" | "timeZone"> {
  /** Null: calls are kept for ever. */
  readonly callsKeptDays: number | null;
}

/** As somebody typed it; `callsKept` is a number of days, or KEPT_FOR_EVER. */
export interface TypedSettings {
  readonly name: string;
  readonly timeZone: string;
  readonly callsKept: string;
}

export type CheckedSettings =
  | { readonly ok: true; readonly settings: BrandSettings }
  /** One sentence for each field that needs a change. */
  | { readonly ok: false; readonly errors: Readonly<Partial<Record<keyof TypedSettings, string>>> };

/** In characters (code points). */
const MAX_BRAND_NAME_LENGTH = 200;

export const KEPT_FOR_EVER = "forever";
/** For how many days a brand can keep its calls. None ends before an idempotency key does, which needs its call for 24 hours. */
export const KEPT_DAYS = [7, 30, 90, 180, 365, 730] as const;

/** Trims and checks what somebody typed. */
export function checkBrandSettings(typed: TypedSettings): CheckedSettings {
  const name = typed.name.normalize("NFC").trim();
  const errors = {
    ...nameErrors(name),
    ...(!isTimeZone(typed.timeZone) && { timeZone: "Choose a time zone of the list." }),
    ...(!isKept(typed.callsKept) && { callsKept: "Choose how long calls are kept." }),
  };
  if (Object.keys(errors).length > 0) return { ok: false, errors };
  const callsKeptDays = typed.callsKept === KEPT_FOR_EVER ? null : Number(typed.callsKept);
  return { ok: true, settings: { name, timeZone: typed.timeZone, callsKeptDays } };
}

function isKept(text: string): boolean {
  return text === KEPT_FOR_EVER || KEPT_DAYS.some((days) => String(days) === text);
}

export function typedSettings({ name, timeZone, callsKeptDays }: Pick<Brand, "name" | "timeZone" | "callsKeptDays">): TypedSettings {
  return { name, timeZone, callsKept: callsKeptDays === undefined ? KEPT_FOR_EVER : String(callsKeptDays) };
}

function nameErrors(name: string): { readonly name?: string } {
  if (name === "") return { name: "Give the brand a name." };
  if (Array.from(name).length > MAX_BRAND_NAME_LENGTH) return { name: `Shorten the name to ${MAX_BRAND_NAME_LENGTH} characters.` };
  // The consent page shows this name; characters that turn the direction of text around could make it read as another one.
  if (/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(name)) return { name: "Remove the control characters from the name." };
  return {};
}

/** The time zones that can be chosen: those that this runtime knows, UTC first. */
export function timeZones(): readonly string[] {
  return ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];
}

function isTimeZone(text: string): boolean {
  return timeZones().includes(text);
}
