import { objectsOf } from "./field-mapping.ts";
import { parseJson, type JsonDocument } from "../json/json-document.ts";
import { structureOf, type Structure } from "../json/json-structure.ts";
import { maskedBody } from "./sensitive-fields.ts";
import type { CallStore } from "../webhook-store.ts";
import type { Webhook } from "../webhook.ts";

/** The newest payload of a webhook, read for the pages that map it. */
export interface Sample {
  readonly receivedAt: number;
  /** What may be shown: its sensitive values are masked. */
  readonly document: JsonDocument;
  /** Of what may be shown. */
  readonly structure: Structure;
  /** With every value, for telling what it would write; never for a page. */
  readonly unmasked: JsonDocument;
}

/** Null when there is none, or when the newest one holds no objects. */
export async function findSample(
  calls: Pick<CallStore, "findNewestSample">,
  { brandId, id, sensitivePaths = [] }: Pick<Webhook, "brandId" | "id" | "sensitivePaths">,
): Promise<Sample | null> {
  const call = await calls.findNewestSample(brandId, id);
  const parsed = call?.body ? parseJson(call.body) : undefined;
  if (!call || !parsed?.ok || !objectsOf(parsed.document).ok) return null;
  const shown = parseJson(maskedBody(call.body!, sensitivePaths));
  if (!shown.ok) throw new Error("A masked body is still JSON.");
  return { receivedAt: call.receivedAt, document: shown.document, structure: structureOf(shown.document), unmasked: parsed.document };
}
