import { parseJson, type JsonDocument } from "./json-document.ts";
import { structureOf, type Structure } from "./json-structure.ts";
import type { CallStore } from "./webhook-store.ts";

/** The newest payload of a webhook, read for the pages that map it. */
export interface Sample {
  readonly receivedAt: number;
  readonly document: JsonDocument;
  readonly structure: Structure;
}

export async function findSample(calls: Pick<CallStore, "findNewestSample">, brandId: string, webhookId: string): Promise<Sample | null> {
  const call = await calls.findNewestSample(brandId, webhookId);
  const parsed = call?.body === null || call === undefined ? undefined : parseJson(call.body);
  return parsed?.ok ? { receivedAt: call!.receivedAt, document: parsed.document, structure: structureOf(parsed.document) } : null;
}
