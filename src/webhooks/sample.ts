import { objectsOf } from "./field-mapping.ts";
import { parseJson, type JsonDocument } from "./json-document.ts";
import { structureOf, type Structure } from "./json-structure.ts";
import type { CallStore } from "./webhook-store.ts";

/** The newest payload of a webhook, read for the pages that map it. */
export interface Sample {
  readonly receivedAt: number;
  readonly document: JsonDocument;
  readonly structure: Structure;
}

/** Null when there is none, or when the newest one holds no objects. */
export async function findSample(calls: Pick<CallStore, "findNewestSample">, brandId: string, webhookId: string): Promise<Sample | null> {
  const call = await calls.findNewestSample(brandId, webhookId);
  const parsed = call?.body ? parseJson(call.body) : undefined;
  if (!call || !parsed?.ok || !objectsOf(parsed.document).ok) return null;
  return { receivedAt: call.receivedAt, document: parsed.document, structure: structureOf(parsed.document) };
}
