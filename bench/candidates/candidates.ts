import type { Candidate } from "./candidate.ts";
import { FLOORS } from "./floors.ts";
import { PEERS } from "./peers.ts";
import { HOOKGATE_ON_POSTGRES, HOOKGATE_ON_SQLITE } from "./hookgate.ts";

/** Everybody who is measured. The first two are always there: whose answers the floors give, and what every ratio is to. */
export const CANDIDATES: readonly Candidate[] = [HOOKGATE_ON_SQLITE, ...FLOORS, HOOKGATE_ON_POSTGRES, ...PEERS];
