import type { OptionFieldName } from "./customer-fields.ts";
import type { OptionField } from "./option-field.ts";

export interface OptionFieldStore {
  /** In the brand's order; without those that are deleted. */
  listOptionFields(brandId: string): Promise<readonly OptionField[]>;
  /** Adds it as the last one, under its name or, where that was ever taken, the name with a number behind it. Undefined: the brand has `limit` of them. */
  insertOptionField(field: OptionField, limit: number): Promise<OptionFieldName | undefined>;
  /** False when there is none. */
  updateOptionField(brandId: string, name: OptionFieldName, change: Pick<OptionField, "label" | "choices">): Promise<boolean>;
  /** One place up or down; where there is none, it stays. */
  moveOptionField(brandId: string, name: OptionFieldName, direction: "up" | "down"): Promise<void>;
  /** The webhooks whose mappings write the field, by name. */
  listWebhooksWriting(brandId: string, name: OptionFieldName): Promise<readonly { readonly id: string; readonly name: string }[]>;
  /**
   * The field is gone at once; sweeps then take its values from the customers and delete the field sets that hold it. `written`: a mapping writes
   * it, and nothing was changed. No mapping that is saved at the same moment can slip between.
   */
  deleteOptionField(brandId: string, name: OptionFieldName): Promise<"deleted" | "written" | "not-found">;
}
