/** What the load generator is told and what it tells back: plain data, because it is a process of its own. */

/** The requests of a scenario: text with a value in the gaps, so that the generator has nothing to compute. */
export interface RequestPlan {
  /** The bytes of the request, one character each, cut where the value goes. */
  readonly parts: readonly string[];
  readonly values: Values;
  /** The status that every answer must have; any other one ends the run. */
  readonly status: number;
}

/** All values of a plan have the same length, as the Content-Length has to be right. */
export type Values =
  /** The request is always the same. */
  | { readonly kind: "fixed" }
  /** One after the other over all connections, again from the beginning. */
  | { readonly kind: "cycle"; readonly values: readonly string[] }
  /** Each one once. */
  | { readonly kind: "once"; readonly values: readonly string[] }
  /** A number that was never sent before. */
  | { readonly kind: "count" }
  /** Each connection has a first one and finds its next one in each answer, as a JSON member of this name. */
  | { readonly kind: "chain"; readonly first: readonly string[]; readonly member: string };

/** Digits of a `count`. */
export const COUNT_DIGITS = 10;

export interface Target {
  readonly port: number;
  readonly plan: RequestPlan;
  /** Each sends its next request when it has its answer. */
  readonly connections: number;
  /** More connections, that send a request byte by byte and never come to an end. */
  readonly slowConnections: number;
}

/** A slice of load. It ends after the time or after so many requests, whatever comes first. */
export interface Slice {
  readonly milliseconds: number;
  readonly requests: number;
  /** Requests a second that arrive by themselves, at random moments; null: as fast as answers come. */
  readonly rate: number | null;
}

export interface SliceResult {
  readonly requests: number;
  readonly seconds: number;
  /** Latencies in microseconds: from the moment at which the request was due. */
  readonly p50: number;
  readonly p99: number;
  readonly slowest: number;
  /** CPU time of the generator as a share of the time, 0 to 1. */
  readonly generatorBusy: number;
}

export type GeneratorOrder =
  | { readonly order: "open"; readonly target: Target }
  | { readonly order: "run"; readonly connectionsOf: number; readonly slice: Slice }
  | { readonly order: "close"; readonly connectionsOf: number };

/** One for each order, in their order. `opened` names the connections in later orders. */
export type GeneratorReply =
  | { readonly reply: "opened"; readonly connectionsOf: number }
  | { readonly reply: "ran"; readonly result: SliceResult }
  | { readonly reply: "closed" }
  | { readonly reply: "failed"; readonly problem: string };
