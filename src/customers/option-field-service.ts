import type { OptionFieldName } from "./customer-fields.ts";
import type { FieldCatalogues } from "./field-catalogue.ts";
import { checkOptionField, MAX_OPTION_FIELDS, suggestedName, type OptionField, type OptionFieldDraft, type OptionFieldErrors } from "./option-field.ts";
import type { OptionFieldStore } from "./option-field-store.ts";

export type AddedOptionField =
  | { readonly kind: "added"; readonly name: OptionFieldName }
  | { readonly kind: "invalid"; readonly errors: OptionFieldErrors }
  | { readonly kind: "too-many" };

export type ChangedOptionField = { readonly kind: "changed" } | { readonly kind: "invalid"; readonly errors: OptionFieldErrors } | { readonly kind: "gone" };

/** Adding, changing, ordering and deleting a brand's option fields. Webhooks check and map with the new fields from their next call on. */
export class OptionFieldService {
  readonly #store: OptionFieldStore;
  readonly #catalogues: FieldCatalogues;

  constructor(store: OptionFieldStore, catalogues: FieldCatalogues) {
    this.#store = store;
    this.#catalogues = catalogues;
  }

  list(brandId: string): Promise<readonly OptionField[]> {
    return this.#store.listOptionFields(brandId);
  }

  async find(brandId: string, name: string): Promise<OptionField | undefined> {
    return (await this.list(brandId)).find((field) => field.name === name);
  }

  async add(brandId: string, draft: OptionFieldDraft): Promise<AddedOptionField> {
    const { fields } = await this.#catalogues.of(brandId);
    const checked = checkOptionField(draft, fields);
    if (!checked.ok) return { kind: "invalid", errors: checked.errors };
    const name = await this.#store.insertOptionField({ brandId, name: suggestedName(checked.details.label), ...checked.details }, MAX_OPTION_FIELDS);
    return name === undefined ? { kind: "too-many" } : { kind: "added", name };
  }

  /** Label and values of a drop-down; name and kind stay. What customers have stays too. */
  async change({ brandId, name, kind }: OptionField, draft: Pick<OptionFieldDraft, "label" | "choices">): Promise<ChangedOptionField> {
    const { fields } = await this.#catalogues.of(brandId);
    const others = fields.filter((field) => field.name !== name);
    const checked = checkOptionField({ ...draft, kind }, others);
    if (!checked.ok) return { kind: "invalid", errors: checked.errors };
    return { kind: (await this.#store.updateOptionField(brandId, name, checked.details)) ? "changed" : "gone" };
  }

  move({ brandId, name }: OptionField, direction: "up" | "down"): Promise<void> {
    return this.#store.moveOptionField(brandId, name, direction);
  }

  listWebhooksWriting({ brandId, name }: OptionField): ReturnType<OptionFieldStore["listWebhooksWriting"]> {
    return this.#store.listWebhooksWriting(brandId, name);
  }

  delete({ brandId, name }: OptionField): ReturnType<OptionFieldStore["deleteOptionField"]> {
    return this.#store.deleteOptionField(brandId, name);
  }
}
