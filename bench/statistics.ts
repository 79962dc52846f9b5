/** The arithmetic of the benchmark: medians with quartiles, and ratios that are formed round by round. */

export interface Quartiles {
  readonly lower: number;
  readonly median: number;
  readonly upper: number;
}

export type Ratio =
  | ({ readonly kind: "ratio" } & Quartiles)
  /** A ratio of so few rounds would tell more about the machine's mood than about the programs. */
  | { readonly kind: "too-few-rounds"; readonly rounds: number };

/** With fewer, no ratio is given. */
export const MIN_ROUNDS = 20;

/** The value at a share between 0 and 1 of the way through the values in order, between two of them where it falls there. */
export function quantileOf(ordered: ArrayLike<number>, share: number): number {
  const place = (ordered.length - 1) * share;
  const below = ordered[Math.floor(place)] ?? Number.NaN;
  const above = ordered[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}

export function quartilesOf(values: readonly number[]): Quartiles {
  const ordered = values.toSorted((a, b) => a - b);
  return { lower: quantileOf(ordered, 0.25), median: quantileOf(ordered, 0.5), upper: quantileOf(ordered, 0.75) };
}

/**
 * How many times the base a candidate needs: the quartiles of the rounds' own ratios. What disturbs a machine lasts longer than a round,
 * so it is in both numbers of a round and cancels out; it would not cancel out between two medians.
 */
export function ratioOf(values: readonly number[], base: readonly number[]): Ratio {
  if (values.length !== base.length) throw new RangeError("A ratio needs a base in every round.");
  if (values.length < MIN_ROUNDS) return { kind: "too-few-rounds", rounds: values.length };
  return { kind: "ratio", ...quartilesOf(values.map((value, round) => value / base[round]!)) };
}
