import type { Changes } from "../lib/changes.ts";
import type { Soon } from "../lib/soon.ts";
import { TopicCache } from "../lib/topic-cache.ts";
import type { Brand } from "./brand.ts";
import type { BrandStore } from "./brand-store.ts";

/** Brands by id, from memory while nothing changed. */
export class BrandDirectory {
  readonly #cache: TopicCache<Brand>;

  constructor(brands: BrandStore, changes: Changes) {
    this.#cache = new TopicCache(changes, ["brands"], (brandId) => brands.findBrand(brandId));
  }

  find(brandId: string): Soon<Brand | undefined> {
    return this.#cache.find(brandId);
  }
}
