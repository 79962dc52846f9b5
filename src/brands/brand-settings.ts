import type { Brand } from "./brand.ts";

/** What an admin may change about a brand. */
export type BrandSettings = Pick<Brand, "name" | "timeZone">;

export type CheckedSettings =
  | { readonly ok: true; readonly settings: BrandSettings }
  /** One sentence for each field that needs a change. */
  | { readonly ok: false; readonly errors: Readonly<Partial<Record<keyof BrandSettings, string>>> };

/** In characters (code points). */
const MAX_BRAND_NAME_LENGTH = 200;

/** Trims and checks what somebody typed. */
export function checkBrandSettings(typed: BrandSettings): CheckedSettings {
  const name = typed.name.normalize("NFC").trim();
  const nameError = nameProblem(name);
  const timeZoneError = isTimeZone(typed.timeZone) ? undefined : "Choose a time zone of the list.";
  if (nameError === undefined && timeZoneError === undefined) return { ok: true, settings: { name, timeZone: typed.timeZone } };
  return { ok: false, errors: { ...(nameError && { name: nameError }), ...(timeZoneError && { timeZone: timeZoneError }) } };
}

function nameProblem(name: string): string | undefined {
  if (name === "") return "Give the brand a name.";
  if (Array.from(name).length > MAX_BRAND_NAME_LENGTH) return `Shorten the name to ${MAX_BRAND_NAME_LENGTH} characters.`;
  // The consent page shows this name; characters that turn the direction of text around could make it read as another one.
  if (/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(name)) return "Remove the control characters from the name.";
  return undefined;
}

/** The time zones that can be chosen: those that this runtime knows, UTC first. */
export function timeZones(): readonly string[] {
  return ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];
}

function isTimeZone(text: string): boolean {
  return timeZones().includes(text);
}
