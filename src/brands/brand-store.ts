import type { Brand, Module } from "./brand.ts";

export interface BrandStore {
  findBrand(brandId: string): Promise<Brand | undefined>;
  /** By name, letter case ignored. */
  findBrandByName(name: string): Promise<Brand | undefined>;
  listBrands(): Promise<readonly Brand[]>;
  /** False when the name is taken (letter case ignored). */
  insertBrand(brand: Omit<Brand, "modules">): Promise<boolean>;
  /** Changes name and time zone. */
  updateBrand(brandId: string, change: Pick<Brand, "name" | "timeZone">): Promise<"updated" | "name-taken" | "not-found">;
  /** Idempotent. */
  activateModule(brandId: string, module: Module, now: number): Promise<void>;
  /** Idempotent; deletes nothing else. */
  deactivateModule(brandId: string, module: Module): Promise<void>;
}
