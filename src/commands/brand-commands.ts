import type { Command } from "commander";
import { checkBrandSettings } from "../brands/brand-settings.ts";
import { newRandomId } from "../lib/id.ts";
import { CommandFailure, failureOf, JSON_OPTION, printResult, visible } from "./output.ts";
import { withServices } from "./with-services.ts";

interface AddOptions {
  readonly name: string;
  readonly timeZone: string;
  readonly json?: true;
}

export function addBrandCommands(program: Command): void {
  const brand = program.command("brand").description("brands: each has its own users, applications, webhooks and customers");
  brand
    .command("add")
    .description("add a brand")
    .requiredOption("--name <name>", "name that people see when they consent")
    .option("--time-zone <zone>", "IANA time zone in which the brand's day begins", "UTC")
    .option(...JSON_OPTION)
    .addHelpText("after", "\nExample:\n  hookgate brand add --name Acme --time-zone Europe/Amsterdam")
    .action(addBrand);
  brand
    .command("list")
    .description("list the brands with their time zones and the modules that are active in them")
    .option(...JSON_OPTION)
    .action(listBrands);
}

async function addBrand(options: AddOptions): Promise<void> {
  const checked = checkBrandSettings({ name: options.name, timeZone: options.timeZone });
  if (!checked.ok) {
    const { timeZone, ...others } = checked.errors;
    throw failureOf({ ...others, timeZone: timeZone && `${options.timeZone} is no IANA time zone; write one like Europe/Amsterdam.` });
  }
  await withServices(async ({ store, clock }) => {
    const brand = { id: newRandomId(), ...checked.settings, createdAt: clock.now() };
    if (!(await store.brands.insertBrand(brand))) throw new CommandFailure(`There is already a brand named ${brand.name}.`);
    printResult(
      options.json,
      { id: brand.id, name: brand.name, time_zone: brand.timeZone },
      `Added the brand ${visible(brand.name)}. Add its first admin with: hookgate user add --brand`,
    );
  });
}

async function listBrands(options: Pick<AddOptions, "json">): Promise<void> {
  await withServices(async ({ store }) => {
    const brands = await store.brands.listBrands();
    printResult(
      options.json,
      { brands: brands.map(({ id, name, timeZone, modules }) => ({ id, name, time_zone: timeZone, modules: [...modules] })) },
      brands.map(({ id, name, timeZone, modules }) => [id, visible(name), timeZone, [...modules].join(" ")].join("  ").trimEnd()).join("\n"),
    );
  });
}
