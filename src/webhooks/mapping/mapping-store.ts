import type { FieldMapping } from "../webhook.ts";

/** A mapping as it was saved once. */
export interface MappingVersion {
  /** 1, 2, 3 … within its webhook. */
  readonly version: number;
  readonly mapping: FieldMapping;
  readonly savedAt: number;
  /** Null where nobody is known: saved by an earlier program, or by a user who has been deleted. */
  readonly savedByName: string | null;
}

export interface MappingToSave {
  readonly mapping: FieldMapping;
  readonly fieldSetId: string | null;
  readonly savedAt: number;
  /** A user's id. */
  readonly savedBy: string;
  /** The version that the change began with; undefined saves over whatever is there. */
  readonly basedOn: number | undefined;
}

export interface MappingStore {
  /**
   * Makes the mapping the webhook's own, as its next version, in one transaction; the newest MAPPING_VERSIONS_KEPT stay. `conflict`: the newest version
   * is another one than the change began with. `field-gone`: it writes an option field that was deleted. Then, and when the webhook is gone, nothing was changed.
   */
  saveMapping(brandId: string, webhookId: string, change: MappingToSave): Promise<"saved" | "conflict" | "field-gone" | "gone">;
  /** Newest first. */
  listMappingVersions(brandId: string, webhookId: string): Promise<readonly MappingVersion[]>;
  findMappingVersion(brandId: string, webhookId: string, version: number): Promise<MappingVersion | undefined>;
}
