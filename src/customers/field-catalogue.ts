import type { Changes } from "../lib/changes.ts";
import { TopicCache } from "../lib/topic-cache.ts";
import { SYSTEM_FIELD_NAMES, systemField, type FieldDefinition } from "./customer-fields.ts";
import { definitionOf, type OptionField } from "./option-field.ts";
import type { OptionFieldStore } from "./option-field-store.ts";

const SYSTEM_FIELDS: readonly FieldDefinition[] = SYSTEM_FIELD_NAMES.map(systemField);

/** Every field that customers of one brand have: the system fields, then the brand's option fields in the order that it gave them. */
export class FieldCatalogue {
  readonly fields: readonly FieldDefinition[];
  readonly #byName: ReadonlyMap<string, FieldDefinition>;

  constructor(optionFields: readonly OptionField[]) {
    this.fields = [...SYSTEM_FIELDS, ...optionFields.map(definitionOf)];
    this.#byName = new Map(this.fields.map((field) => [field.name, field]));
  }

  find(name: string): FieldDefinition | undefined {
    return this.#byName.get(name);
  }

  /** What people call the field; its name when there is no such field, or none any more. */
  labelOf(name: string): string {
    return this.find(name)?.label ?? name;
  }
}

/** The catalogue of each brand, from memory while no option field changes. */
export class FieldCatalogues {
  readonly #cache: TopicCache<FieldCatalogue>;
  readonly #load: (brandId: string) => Promise<FieldCatalogue>;

  constructor(optionFields: OptionFieldStore, changes: Changes) {
    this.#load = async (brandId) => new FieldCatalogue(await optionFields.listOptionFields(brandId));
    this.#cache = new TopicCache(changes, ["option_fields"], this.#load);
  }

  async of(brandId: string): Promise<FieldCatalogue> {
    return (await this.#cache.find(brandId)) ?? this.#load(brandId);
  }
}
