import type { Brand, Module } from "./brand.ts";

export interface BrandStore {
  findBrand(brandId: string): Promise<Brand | undefined>;
  /** By name, letter case ignored. */
  findBrandByName(name: string): Promise<Brand | undefined>;
  listBrands(): Promise<readonly Brand[]>;
  /** False when the name is taken (letter case ignored). */
  insertBrand(brand: Omit<Brand, "modules">): Promise<boolean>;
  /** Changes what is named; `callsKeptDays`: null keeps calls for ever. */
  updateBrand(
    brandId: string,
    change: Pick<Brand, "name" | "timeZone"> & { readonly callsKeptDays?: number | null },
  ): Promise<"updated" | "name-taken" | "not-found">;
  /** Idempotent. */
  activateModule(brandId: string, module: Module, now: number): Promise<void>;
  /** Idempotent; deletes nothing else. */
  deactivateModule(brandId: string, module: Module): Promise<void>;
}
