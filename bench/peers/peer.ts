/** What the environment tells a peer (`bench/candidates/peers.ts`), and how it says back what it has to offer. */
import { writeFileSync } from "node:fs";
import type { Fixture } from "../scenarios.ts";

export const PORT = Number(process.env["PORT"]);
export const CLIENT_ID = process.env["PEER_CLIENT_ID"] ?? "";
export const CLIENT_SECRET = process.env["PEER_CLIENT_SECRET"] ?? "";
/** In milliseconds: connections wait while others have their turn. */
export const KEEP_ALIVE = 600_000;
/** How many refresh tokens the scenario needs. */
export const REFRESH_TOKENS = Number(process.env["PEER_REFRESH_TOKENS"]);

/** To be called before it listens. */
export function offer(fixture: Partial<Fixture>): void {
  writeFileSync(process.env["PEER_FIXTURE"] ?? "", JSON.stringify(fixture));
}
