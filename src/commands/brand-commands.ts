import type { Command } from "commander";
import { checkBrandSettings, KEPT_DAYS, KEPT_FOR_EVER, typedSettings, type BrandSettings, type TypedSettings } from "../brands/brand-settings.ts";
import type { Brand } from "../brands/brand.ts";
import { newRandomId } from "../lib/id.ts";
import { CommandFailure, failureOf, JSON_OPTION, printResult, visible } from "./output.ts";
import { findBrand, withServices } from "./with-services.ts";

interface AddOptions {
  readonly name: string;
  readonly timeZone: string;
  readonly keepCalls: string;
  readonly json?: true;
}

interface UpdateOptions extends Partial<AddOptions> {
  readonly brand?: string;
}

const TIME_ZONE_OPTION = ["--time-zone <zone>", "IANA time zone in which the brand's day begins"] as const;
const KEEP_OPTION = ["--keep-calls <days>", `days after which calls are deleted: ${KEPT_DAYS.join(", ")} or ${KEPT_FOR_EVER}`] as const;

export function addBrandCommands(program: Command): void {
  const brand = program.command("brand").description("brands: each has its own users, applications, webhooks and customers");
  brand
    .command("add")
    .description("add a brand")
    .requiredOption("--name <name>", "name that people see when they consent")
    .option(...TIME_ZONE_OPTION, "UTC")
    .option(...KEEP_OPTION, KEPT_FOR_EVER)
    .option(...JSON_OPTION)
    .addHelpText("after", "\nExample:\n  hookgate brand add --name Acme --time-zone Europe/Amsterdam")
    .action(addBrand);
  brand
    .command("update")
    .description("change what is given and leave the rest")
    .option("--brand <name>", "which brand (default: the first one)")
    .option("--name <name>", "another name")
    .option(...TIME_ZONE_OPTION)
    .option(...KEEP_OPTION)
    .option(...JSON_OPTION)
    .addHelpText("after", "\nExample:\n  hookgate brand update --brand Acme --keep-calls 90")
    .action(updateBrand);
  brand
    .command("list")
    .description("list the brands with their time zones, how long they keep calls, and the modules that are active in them")
    .option(...JSON_OPTION)
    .action(listBrands);
}

async function addBrand(options: AddOptions): Promise<void> {
  const { callsKeptDays, ...settings } = settingsOf({ name: options.name, timeZone: options.timeZone, callsKept: options.keepCalls });
  await withServices(async ({ store, clock }) => {
    const brand = { id: newRandomId(), ...settings, ...(callsKeptDays !== null && { callsKeptDays }), createdAt: clock.now() };
    if (!(await store.brands.insertBrand(brand))) throw new CommandFailure(`There is already a brand named ${brand.name}.`);
    printResult(options.json, toJson(brand), `Added the brand ${visible(brand.name)}. Add its first admin with: hookgate user add --brand`);
  });
}

async function updateBrand({ brand: wanted, name, timeZone, keepCalls, json }: UpdateOptions): Promise<void> {
  await withServices(async ({ store }) => {
    const before = await findBrand(store, wanted);
    const typed = typedSettings(before);
    const settings = settingsOf({ name: name ?? typed.name, timeZone: timeZone ?? typed.timeZone, callsKept: keepCalls ?? typed.callsKept });
    const outcome = await store.brands.updateBrand(before.id, settings);
    if (outcome === "name-taken") throw new CommandFailure(`There is already a brand named ${settings.name}.`);
    const brand = await findBrand(store, before.id);
    printResult(json, toJson(brand), `Changed the brand ${visible(brand.name)}.`);
  });
}

function settingsOf(typed: TypedSettings): BrandSettings {
  const checked = checkBrandSettings(typed);
  if (checked.ok) return checked.settings;
  const { timeZone, callsKept, ...others } = checked.errors;
  throw failureOf({
    ...others,
    timeZone: timeZone && `${typed.timeZone} is no IANA time zone; write one like Europe/Amsterdam.`,
    callsKept: callsKept && `Calls cannot be kept ${typed.callsKept}; write ${KEPT_FOR_EVER} or a number of days: ${KEPT_DAYS.join(", ")}.`,
  });
}

function toJson({ id, name, timeZone, callsKeptDays }: Pick<Brand, "id" | "name" | "timeZone" | "callsKeptDays">): object {
  return { id, name, time_zone: timeZone, calls_kept_days: callsKeptDays ?? null };
}

async function listBrands(options: Pick<AddOptions, "json">): Promise<void> {
  await withServices(async ({ store }) => {
    const brands = await store.brands.listBrands();
    printResult(options.json, { brands: brands.map((brand) => ({ ...toJson(brand), modules: [...brand.modules] })) }, brands.map(toLine).join("\n"));
  });
}

function toLine({ id, name, timeZone, callsKeptDays, modules }: Brand): string {
  const kept = callsKeptDays === undefined ? "calls kept for ever" : `calls kept for ${callsKeptDays} days`;
  return [id, visible(name), timeZone, kept, [...modules].join(" ")].join("  ").trimEnd();
}
