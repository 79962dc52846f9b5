import type { CustomerWrite } from "../../customers/customer.ts";
import { ruleBroken } from "./call-refusals.ts";
import { applyMapping, objectsOf, type CompiledMapping } from "../mapping/field-mapping.ts";
import type { JsonDocument } from "../json/json-document.ts";
import type { Refusal } from "./receiver-answer.ts";

/** What a call that is JSON would do. */
export interface CallPlan {
  /** Null where nothing is mapped yet, and where a rule is broken. */
  readonly writes: readonly CustomerWrite[] | null;
  readonly broken: Refusal | null;
}

/** `noObjects`: no mapping can change that. */
export function planCall(mapping: CompiledMapping | null, document: JsonDocument): CallPlan | { readonly noObjects: Refusal } {
  const found = objectsOf(document);
  if (!found.ok) return { noObjects: ruleBroken(found.problems) };
  const mapped = mapping && applyMapping(mapping, document, found.objects);
  return { writes: mapped?.ok ? mapped.writes : null, broken: mapped?.ok === false ? ruleBroken(mapped.problems) : null };
}
