/**
 * Settings: the only reader of the environment. Every setting is described once, here; the documentation is made from the
 * same list. A bad or unknown HOOKGATE_* setting stops the start with one line that names it.
 */
import { randomBytes } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parseAddressList, type AddressTest } from "./lib/network-address.ts";

export interface Config {
  /** Public base URL without a trailing slash; also the issuer (RFC 8414 section 2). */
  readonly url: URL;
  readonly issuer: string;
  /** The path of the public URL: empty, or with a slash at its beginning and none at its end. */
  readonly basePath: string;
  readonly host: string;
  readonly port: number;
  /** Whose `X-Forwarded-For` is believed; null: nobody's. */
  readonly isTrustedProxy: AddressTest | null;
  /** Addresses that calls may be forwarded to though they are not on the public internet; null: none. */
  readonly isForwardAddress: AddressTest | null;
  /** `sqlite:PATH`, `sqlite::memory:` or `postgres://…`, which may hold a password. */
  readonly store: string;
  /** What the key ring is sealed under. */
  readonly secret: string;
  /** How the token endpoint writes `expires_in`. */
  readonly expiresIn: "number" | "string";
  /** Lifetime of an authorization code, in milliseconds. */
  readonly codeLifetime: number;
  /** How long after their last activity users become inactive, in milliseconds; null: never. */
  readonly inactivityLimit: number | null;
  readonly logLevel: LogLevel;
  /** Port of `GET /metrics`, or null for none. */
  readonly metricsPort: number | null;
  /** How many processes serve the port. */
  readonly workers: number;
}

const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

interface Setting {
  readonly name: string;
  readonly defaultText: string;
  readonly description: string;
  /** A secret setting can also be given as a file's path in NAME_FILE. */
  readonly secret?: true;
}

export const SETTINGS = [
  {
    name: "HOOKGATE_URL",
    defaultText: "http://127.0.0.1: and the port",
    description: "Public base URL, as browsers and clients see it; also the issuer. https, or http on a loopback address. It may have a path.",
  },
  { name: "HOOKGATE_HOST", defaultText: "127.0.0.1", description: "Address to listen on." },
  { name: "HOOKGATE_PORT", defaultText: "4400", description: "Port to listen on." },
  {
    name: "HOOKGATE_TRUSTED_PROXIES",
    defaultText: "none",
    description:
      "Addresses of the proxies in front, IPv4 or IPv6, also as ranges like 10.0.0.0/8, separated by commas. Only their X-Forwarded-For is believed.",
  },
  {
    name: "HOOKGATE_FORWARD_TO",
    defaultText: "none",
    description:
      "Addresses inside your network, also as ranges like 10.1.0.0/16, separated by commas, that webhooks may forward calls to, by http too. All others must be on the public internet, and get https only.",
  },
  {
    name: "HOOKGATE_STORE",
    defaultText: "sqlite:./data/hookgate.db",
    description: "Where the data lies: sqlite: and a path, seen from the working directory, or the postgres:// URL of a PostgreSQL database.",
    secret: true,
  },
  {
    name: "HOOKGATE_SECRET",
    defaultText: "made on first start in a file beside the database, mode 0600",
    description:
      "At least 32 characters; the key ring is sealed under it. Losing it ends every token and session. With PostgreSQL it must be set, the same on every node.",
    secret: true,
  },
  { name: "HOOKGATE_EXPIRES_IN", defaultText: "number", description: "How the token endpoint writes expires_in: number (RFC 6749) or string." },
  {
    name: "HOOKGATE_CODE_LIFETIME",
    defaultText: "3600",
    description: "Lifetime of an authorization code in seconds, 30 to 3600; RFC 6749 recommends at most 600.",
  },
  {
    name: "HOOKGATE_INACTIVITY_DAYS",
    defaultText: "60",
    description: "A user who has not signed in for so many days is inactive until an admin reactivates it, with its applications and webhooks; 0: never.",
  },
  { name: "HOOKGATE_LOG_LEVEL", defaultText: "info", description: `How much is logged: ${LOG_LEVELS.join(", ")}.` },
  {
    name: "HOOKGATE_METRICS_PORT",
    defaultText: "no metrics",
    description: "Port of HOOKGATE_HOST that answers GET /metrics in Prometheus' format, to anybody who reaches it.",
  },
  {
    name: "HOOKGATE_WORKERS",
    defaultText: "1",
    description:
      "How many processes serve the port, 1 to 64, about one for each core; more than 1 needs PostgreSQL. Each has connections of its own, and its own port for metrics, counted up from HOOKGATE_METRICS_PORT.",
  },
] as const satisfies readonly Setting[];

type SettingName = (typeof SETTINGS)[number]["name"];
export type Environment = Readonly<Record<string, string | undefined>>;

/** What stops the start: one line that names the setting and what to change. */
export class ConfigError extends Error {}

/** Reads and checks every setting. Makes the secret file beside an SQLite database when no secret is given. Throws ConfigError. */
export function loadConfig(environment: Environment = process.env): Config {
  refuseUnknownSettings(environment);
  const read = (name: SettingName) => readSetting(environment, name);

  const port = parseInteger("HOOKGATE_PORT", read("HOOKGATE_PORT") ?? "4400", 1, 65_535);
  const store = readStore(environment);
  const workers = parseWorkers(read("HOOKGATE_WORKERS"), store);
  const metricsPort = parseMetricsPort(read("HOOKGATE_METRICS_PORT"), port, workers);
  const url = parseBaseUrl(read("HOOKGATE_URL") ?? `http://127.0.0.1:${port}`);

  return {
    url,
    issuer: issuerOf(url),
    basePath: url.pathname.replace(/\/$/, ""),
    host: read("HOOKGATE_HOST") ?? "127.0.0.1",
    port,
    isTrustedProxy: parseAddresses("HOOKGATE_TRUSTED_PROXIES", read("HOOKGATE_TRUSTED_PROXIES")),
    isForwardAddress: parseAddresses("HOOKGATE_FORWARD_TO", read("HOOKGATE_FORWARD_TO")),
    store,
    secret: parseSecret(read("HOOKGATE_SECRET")) ?? secretBeside(store),
    expiresIn: parseChoice("HOOKGATE_EXPIRES_IN", read("HOOKGATE_EXPIRES_IN") ?? "number", ["number", "string"]),
    codeLifetime: parseInteger("HOOKGATE_CODE_LIFETIME", read("HOOKGATE_CODE_LIFETIME") ?? "3600", 30, 3_600) * 1_000,
    inactivityLimit: parseInteger("HOOKGATE_INACTIVITY_DAYS", read("HOOKGATE_INACTIVITY_DAYS") ?? "60", 0, 3_650) * 86_400_000 || null,
    logLevel: parseChoice("HOOKGATE_LOG_LEVEL", read("HOOKGATE_LOG_LEVEL") ?? "info", LOG_LEVELS),
    metricsPort,
    workers,
  };
}

/** The store alone, for a command that needs no more. */
export function loadStore(environment: Environment = process.env): string {
  refuseUnknownSettings(environment);
  return readStore(environment);
}

function readStore(environment: Environment): string {
  return parseStore(readSetting(environment, "HOOKGATE_STORE") ?? "sqlite:./data/hookgate.db");
}

/** The secret that a server on this store would use, if there is one already. `file`: null when it was given by a setting. */
export function findSecret(store: string, environment: Environment = process.env): { readonly secret: string; readonly file: string | null } | null {
  const given = parseSecret(readSetting(environment, "HOOKGATE_SECRET"));
  if (given !== undefined) return { secret: given, file: null };
  const file = secretFileOf(store);
  return file !== null && existsSync(file) ? { secret: readSecretFile(file), file } : null;
}

/** Where the secret of an SQLite store lies unless a setting gives it. */
export function secretFileOf(store: string): string | null {
  return store.startsWith("sqlite:") ? `${resolve(store.slice("sqlite:".length)).replace(/\.db$/, "")}.secret` : null;
}

/** Never repeats what was given: it may hold a password. `name`: what it was given in. */
export function parseStore(text: string, name = "HOOKGATE_STORE"): string {
  if (/^sqlite:./.test(text)) return text;
  if (/^postgres(?:ql)?:\/\//.test(text) && URL.canParse(text)) return text;
  throw new ConfigError(
    `${name} must be sqlite: and a path, for example sqlite:./data/hookgate.db, or a URL like postgres://USER:PASSWORD@HOST/DATABASE with special characters percent-encoded.`,
  );
}

/** The URL as text without a trailing slash: issuer and prefix of every address that we print (RFC 8414 section 3.3). */
function issuerOf(url: URL): string {
  return url.href.replace(/\/$/, "");
}

function refuseUnknownSettings(environment: Environment): void {
  const known = new Set<string>(SETTINGS.flatMap((setting) => ("secret" in setting ? [setting.name, `${setting.name}_FILE`] : [setting.name])));
  for (const name of Object.keys(environment)) {
    // HOOKGATE_TEST_* belongs to the test suite.
    if (name.startsWith("HOOKGATE_") && !name.startsWith("HOOKGATE_TEST_") && !known.has(name)) {
      throw new ConfigError(`${name} is not a setting; known are ${[...known].join(", ")}.`);
    }
  }
}

function readSetting(environment: Environment, name: SettingName): string | undefined {
  const value = environment[name] || undefined;
  const file = environment[`${name}_FILE`] || undefined;
  if (value !== undefined && file !== undefined) throw new ConfigError(`${name} and ${name}_FILE are both set; keep one.`);
  if (file === undefined) return value;
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    throw new ConfigError(`${name}_FILE cannot be read: ${(error as Error).message}.`);
  }
}

function parseInteger(name: SettingName, text: string, least: number, most: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) throw new ConfigError(`${name} must be a whole number from ${least} to ${most}.`);
  return value;
}

function parseWorkers(text: string | undefined, store: string): number {
  const workers = parseInteger("HOOKGATE_WORKERS", text ?? "1", 1, 64);
  if (workers > 1 && store.startsWith("sqlite:")) {
    throw new ConfigError("HOOKGATE_WORKERS must be 1 with a store in SQLite, which one process writes; several workers need PostgreSQL.");
  }
  return workers;
}

/** Each worker has one, counted up from the first. */
function parseMetricsPort(text: string | undefined, port: number, workers: number): number | null {
  if (text === undefined) return null;
  const metricsPort = parseInteger("HOOKGATE_METRICS_PORT", text, 1, 65_536 - workers);
  if (port >= metricsPort && port < metricsPort + workers)
    throw new ConfigError("HOOKGATE_METRICS_PORT must be another port than HOOKGATE_PORT: metrics are not for everybody.");
  return metricsPort;
}

function parseChoice<Choice extends string>(name: SettingName, text: string, choices: readonly Choice[]): Choice {
  const choice = choices.find((candidate) => candidate === text);
  if (choice === undefined) throw new ConfigError(`${name} must be one of ${choices.join(", ")}.`);
  return choice;
}

function parseAddresses(name: SettingName, text: string | undefined): AddressTest | null {
  if (text === undefined) return null;
  const parsed = parseAddressList(text);
  if (parsed.kind === "list") return parsed.includes;
  throw new ConfigError(`${name} must hold addresses and ranges like 10.0.0.0/8, separated by commas; ${JSON.stringify(parsed.entry)} is neither.`);
}

const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(["127.0.0.1", "[::1]", "localhost"]);

function parseBaseUrl(text: string): URL {
  const url = URL.parse(text);
  if (!url || !["http:", "https:"].includes(url.protocol))
    throw new ConfigError("HOOKGATE_URL must be a URL that starts with https:// (or http:// on a loopback address).");
  if (url.search || url.hash || url.username || url.password) throw new ConfigError("HOOKGATE_URL must have no query, fragment or user name.");
  // One spelling in routes, cookies, pages and the issuer: nothing that anybody on the way would encode, decode or fold.
  if (!/^\/$|^(?:\/[A-Za-z0-9\-._~]+)+\/?$/.test(url.pathname)) {
    throw new ConfigError("The path of HOOKGATE_URL must consist of letters, digits, - . _ ~ and single slashes.");
  }
  if (url.protocol === "http:" && !LOOPBACK_HOSTS.has(url.hostname)) {
    throw new ConfigError("HOOKGATE_URL must start with https://: plain http is for loopback addresses only.");
  }
  return url;
}

function parseSecret(secret: string | undefined): string | undefined {
  if (secret !== undefined && secret.length < 32) throw new ConfigError("HOOKGATE_SECRET must have at least 32 characters.");
  return secret;
}

/** The secret of an SQLite store, from a file beside it that is made on first use with mode 0600. */
function secretBeside(store: string): string {
  const file = secretFileOf(store);
  if (file === null) throw new ConfigError("HOOKGATE_SECRET or HOOKGATE_SECRET_FILE must be set with a store in PostgreSQL: every node needs the same one.");
  if (store === "sqlite::memory:") return randomBytes(32).toString("base64url");
  try {
    mkdirSync(dirname(file), { recursive: true });
    if (!existsSync(file)) makeSecretFile(file);
  } catch (error) {
    throw new ConfigError(`The secret file beside the store cannot be made: ${(error as Error).message}.`);
  }
  return readSecretFile(file);
}

function readSecretFile(file: string): string {
  try {
    const secret = readFileSync(file, "utf8").trim();
    if (secret.length < 32) throw new Error(`${file} holds fewer than 32 characters`);
    return secret;
  } catch (error) {
    throw new ConfigError(`The secret file beside the store cannot be used: ${(error as Error).message}.`);
  }
}

/** Whole or not at all, and never in place of one that is there: two first starts agree on one secret. */
function makeSecretFile(file: string): void {
  const draft = `${file}.${randomBytes(6).toString("hex")}`;
  try {
    writeFileSync(draft, `${randomBytes(32).toString("base64url")}\n`, { mode: 0o600, flag: "wx", flush: true });
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}
