import { lookup } from "node:dns/promises";

export interface ResolvedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Gives every address of a host name. Rejects when there is none. */
export type ResolveHost = (hostname: string) => Promise<readonly ResolvedAddress[]>;

/** Names that are looked up at once: each look-up takes one of the process's four threads for slow work, which passwords need too. */
const MAX_LOOKUPS = 2;

let running = 0;
const waiting: (() => void)[] = [];

/** Asks the operating system, so that its hosts file and search list hold. */
export const resolveHost: ResolveHost = async (hostname) => {
  if (running >= MAX_LOOKUPS) await new Promise<void>((resolve) => waiting.push(resolve));
  else running += 1;
  try {
    return (await lookup(hostname, { all: true })) as readonly ResolvedAddress[];
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }
};
