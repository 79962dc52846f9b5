/** What a command works with: the services on a store of its own, opened for this one command and closed after it. */
import { DEFAULT_BRAND_ID, type Brand } from "../brands/brand.ts";
import { loadConfig } from "../config.ts";
import type { UserService, UserWithStanding } from "../identity/user-service.ts";
import { systemClock } from "../lib/clock.ts";
import { isId } from "../lib/id.ts";
import { openServices, type Services } from "../services.ts";
import { openStore } from "../store/open-store.ts";
import type { Store } from "../store/store.ts";
import { CommandFailure } from "./output.ts";

/** Runs one command's work. A server on the same store sees what was written at its next request. */
export async function withServices(work: (services: Services) => Promise<void>): Promise<void> {
  const config = loadConfig();
  // Beside a server a command must never change the tables; only a store that has none gets them.
  const store = await openStore({ url: config.store, migrate: "if-empty", clock: systemClock });
  try {
    await work(await openServices(config, store, systemClock));
  } finally {
    await store.close();
  }
}

/** The brand with this name or id; without one, the brand that exists from the start. */
export async function findBrand(store: Store, nameOrId: string | undefined): Promise<Brand> {
  const wanted = nameOrId ?? DEFAULT_BRAND_ID;
  const brand = (isId(wanted) && (await store.brands.findBrand(wanted))) || (await store.brands.findBrandByName(wanted));
  if (!brand) throw new CommandFailure(`There is no brand named ${wanted}.`);
  return brand;
}

/** The user who will own what a command makes. Only an active one: tokens and webhooks of others are refused. */
export async function findOwner(users: UserService, email: string): Promise<UserWithStanding> {
  const owner = await findUser(users, email);
  if (owner.standing.kind !== "active") throw new CommandFailure(`The user ${email} is ${owner.standing.kind}, not active.`);
  return owner;
}

/** The user with this e-mail address, of whichever brand. */
export async function findUser(users: UserService, email: string): Promise<UserWithStanding> {
  const user = await users.findByEmail(email);
  if (!user) throw new CommandFailure(`There is no user with the e-mail address ${email}.`);
  return user;
}
