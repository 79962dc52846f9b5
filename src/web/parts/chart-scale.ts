/** From numbers to lengths, for charts. Pure. */

/** The top of a scale that begins at 0: a round number that the greatest value does not exceed, at least 1. */
export function roundCeiling(greatest: number): number {
  for (let scale = 1; ; scale *= 10) {
    const ceiling = ROUND.find((round) => greatest <= round * scale);
    if (ceiling !== undefined) return ceiling * scale;
  }
}

/** Near enough to each other that a chart is never half empty; all but the first have a whole half. */
const ROUND = [1, 2, 4, 6, 8, 10] as const;

/** A value that is there is seen, be it ever so small: this high at least. */
export const LEAST_HEIGHT = 2;

/** How high each value of one bar is, so that the bar never outgrows `height`. What small values take too much is taken from the others, by how far they rise above the least. */
export function barHeights(values: readonly number[], ceiling: number, height: number): readonly number[] {
  const heights = values.map((value) => (value === 0 ? 0 : Math.max(LEAST_HEIGHT, (value / ceiling) * height)));
  const tooMuch = Math.max(0, sumOf(heights) - height);
  const rise = sumOf(heights.map((one) => Math.max(0, one - LEAST_HEIGHT)));
  return tooMuch === 0 ? heights : heights.map((one) => (one <= LEAST_HEIGHT ? one : LEAST_HEIGHT + (one - LEAST_HEIGHT) * (1 - tooMuch / rise)));
}

function sumOf(lengths: readonly number[]): number {
  return lengths.reduce((sum, one) => sum + one, 0);
}

/** The path of a line that keeps each value for one unit of width and ends where a value lacks; `height` high. */
export function stepPath(values: readonly (number | null)[], ceiling: number, height: number): string {
  const steps = values.map((value, index) => {
    if (value === null) return "";
    const before = values[index - 1] ?? null;
    const y = round(height - (value / ceiling) * height);
    return before === null ? `M${index} ${y}h1` : `V${y}h1`;
  });
  return steps.join("");
}

/** To hundredths: more is not seen and makes long pages. */
export function round(length: number): number {
  return Math.round(length * 100) / 100;
}
