import { expect, test } from "vitest";
import type { FieldMapping } from "../../../src/webhooks/webhook.ts";
import type { MappingToSave } from "../../../src/webhooks/mapping/mapping-store.ts";
import { BRAND_A, BRAND_B, newWebhook, NOW, openTwoBrands, type Backend } from "../fixture.ts";

const mappingTo = (field: FieldMapping["fields"][number]["field"]): FieldMapping => ({ fields: [{ path: "$.a", field }], deduplicateBy: [] });

async function openWithWebhook(backend: Backend) {
  const opened = await openTwoBrands(backend);
  const webhook = newWebhook(opened.alice);
  await opened.store.webhooks.insertWebhook(webhook);
  const change = (given: Partial<MappingToSave> = {}): MappingToSave => ({
    mapping: mappingTo("city"),
    fieldSetId: null,
    savedAt: NOW,
    savedBy: opened.alice.id,
    basedOn: undefined,
    ...given,
  });
  const save = (given?: Partial<MappingToSave>) => opened.store.mappings.saveMapping(BRAND_A, webhook.id, change(given));
  const versions = async () => (await opened.store.mappings.listMappingVersions(BRAND_A, webhook.id)).map(({ version }) => version);
  return { ...opened, webhook, change, save, versions };
}

export function mappingSuite(backend: Backend): void {
  test("each saved mapping is a version with who saved it and when; the newest is the webhook's own", async () => {
    const { store, adam, webhook, save } = await openWithWebhook(backend);
    expect(await store.mappings.listMappingVersions(BRAND_A, webhook.id)).toEqual([]);
    expect(await save()).toBe("saved");
    expect(await save({ mapping: mappingTo("country"), savedAt: NOW + 5, savedBy: adam.id })).toBe("saved");
    const first = { version: 1, mapping: mappingTo("city"), savedAt: NOW, savedByName: "Alice" };
    const second = { version: 2, mapping: mappingTo("country"), savedAt: NOW + 5, savedByName: "Adam" };
    expect(await store.mappings.listMappingVersions(BRAND_A, webhook.id)).toEqual([second, first]);
    expect(await store.mappings.findMappingVersion(BRAND_A, webhook.id, 1)).toEqual(first);
    expect(await store.mappings.findMappingVersion(BRAND_A, webhook.id, 3)).toBeUndefined();
    expect(await store.webhooks.findWebhookById(webhook.id)).toMatchObject({ mapping: mappingTo("country"), mappingVersion: 2, updatedAt: NOW + 5 });
  });

  test("a webhook that is installed with a mapping has it as its first version", async () => {
    const { store, alice } = await openWithWebhook(backend);
    const mapped = newWebhook(alice, { mapping: mappingTo("city") });
    await store.webhooks.insertWebhook(mapped);
    expect(await store.mappings.listMappingVersions(BRAND_A, mapped.id)).toMatchObject([{ version: 1, savedByName: "Alice" }]);
  });

  test("of twenty changes at once that began with the same version one is saved, the others are told", async () => {
    const { save, versions } = await openWithWebhook(backend);
    await save();
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => save({ basedOn: 1 })));
    expect(outcomes.filter((outcome) => outcome === "saved")).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === "conflict")).toHaveLength(19);
    expect(await versions()).toEqual([2, 1]);
  });

  test("another brand, an unknown webhook and a deleted one have no versions and take none", async () => {
    const { store, webhook, change, save } = await openWithWebhook(backend);
    await save();
    expect(await store.mappings.saveMapping(BRAND_B, webhook.id, change())).toBe("gone");
    expect(await store.mappings.saveMapping(BRAND_A, "unknown", change())).toBe("gone");
    expect(await store.mappings.listMappingVersions(BRAND_B, webhook.id)).toEqual([]);
    expect(await store.mappings.findMappingVersion(BRAND_B, webhook.id, 1)).toBeUndefined();
    await store.webhooks.deleteWebhook(BRAND_A, webhook.id);
    expect(await save()).toBe("gone");
    expect(await store.mappings.listMappingVersions(BRAND_A, webhook.id)).toEqual([]);
  });

  test("the newest hundred stay", async () => {
    const { save, versions } = await openWithWebhook(backend);
    for (let index = 0; index < 103; index++) await save();
    const kept = await versions();
    expect(kept).toHaveLength(100);
    expect([kept[0], kept.at(-1)]).toEqual([103, 4]);
  });

  test("a mapping that writes a deleted option field is not saved; of a deletion and a mapping at once only one comes through", async () => {
    const { store, save, versions } = await openWithWebhook(backend);
    const field = { brandId: BRAND_A, name: "option.tier", label: "Tier", kind: "text", choices: [] } as const;
    expect(await save({ mapping: mappingTo("option.tier") })).toBe("field-gone");
    for (let round = 0; round < 5; round++) {
      const name = (await store.optionFields.insertOptionField(field, 100))!;
      const [saved, deleted] = await Promise.all([save({ mapping: mappingTo(name) }), store.optionFields.deleteOptionField(BRAND_A, name)]);
      expect([
        ["saved", "written"],
        ["field-gone", "deleted"],
      ]).toContainEqual([saved, deleted]);
    }
    await store.optionFields.insertOptionField({ ...field, brandId: BRAND_B, name: "option.theirs" }, 100);
    expect(await save({ mapping: mappingTo("option.theirs") })).toBe("field-gone");
    expect((await versions()).length).toBeLessThanOrEqual(5);
  });
}
