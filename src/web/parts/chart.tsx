/**
 * Charts as plain SVG, drawn by the server: as wide as their place and of one height, so lengths across are percentages and those
 * upwards pixels. Each is an image with a name; what it shows in numbers stands in a table beside it.
 */
import type { ComponentChildren } from "preact";
import { barHeights, round, roundCeiling, stepPath } from "./chart-scale.ts";

/** How a part of a chart looks: a colour and a pattern, because a colour alone tells some people nothing. */
export type Ink = "solid" | "light" | "dots" | "open" | "stripes";

/** Where a line goes up from the axis, between the parts of the chart: 0 is before the first one. */
export interface Mark {
  readonly at: number;
  readonly label: string;
}

interface BarChartProps {
  /** What the chart shows, in one sentence with its most important numbers. */
  readonly label: string;
  readonly series: readonly { readonly name: string; readonly ink: Ink }[];
  /** Left to right; `values` are those of the series, the first one at the bottom. */
  readonly bars: readonly { readonly title: string; readonly values: readonly number[] }[];
  readonly marks: readonly Mark[];
}

const BARS_HEIGHT = 160;
const LINES_HEIGHT = 56;
/** Above a chart, for the number of its uppermost line; below, for the axis. */
const ABOVE = 18;
const BELOW = 22;
/** Of the width that a bar has; the rest is the gap. */
const BAR_WIDTH = 0.76;

export function BarChart({ label, series, bars, marks }: BarChartProps) {
  const ceiling = roundCeiling(Math.max(0, ...bars.map(({ values }) => values.reduce((sum, value) => sum + value, 0))));
  return (
    <Plot label={label} height={BARS_HEIGHT} scale={ceiling === 1 ? [1] : [ceiling, ceiling / 2]} unit="" parts={bars.length} marks={marks}>
      <Patterns />
      {bars.map(({ title, values }, index) => {
        const heights = barHeights(values, ceiling, BARS_HEIGHT);
        let top = ABOVE + BARS_HEIGHT;
        return (
          <g>
            <title>{title}</title>
            <rect class="chart-touch" x={percent(index, bars.length)} y={ABOVE} width={percent(1, bars.length)} height={BARS_HEIGHT} />
            {heights.map((height, place) => {
              top -= height;
              return (
                height > 0 && (
                  <rect
                    class={`ink-${series[place]!.ink}`}
                    x={percent(index + (1 - BAR_WIDTH) / 2, bars.length)}
                    y={round(top)}
                    width={percent(BAR_WIDTH, bars.length)}
                    height={round(height)}
                  />
                )
              );
            })}
          </g>
        );
      })}
    </Plot>
  );
}

interface LineChartProps {
  readonly label: string;
  readonly unit: string;
  /** Each with a value for every part of the width; null where there is none. */
  readonly lines: readonly { readonly line: "full" | "dashed"; readonly values: readonly (number | null)[] }[];
  readonly marks: readonly Mark[];
}

export function LineChart({ label, unit, lines, marks }: LineChartProps) {
  const ceiling = roundCeiling(Math.max(0, ...lines.flatMap(({ values }) => values.map((value) => value ?? 0))));
  const parts = lines[0]?.values.length ?? 0;
  return (
    <Plot label={label} height={LINES_HEIGHT} scale={[ceiling]} unit={unit} parts={parts} marks={marks}>
      <svg x="0" y={ABOVE} width="100%" height={LINES_HEIGHT} viewBox={`0 0 ${parts} ${LINES_HEIGHT}`} preserveAspectRatio="none" overflow="visible">
        {lines.map(({ line, values }) => (
          <path class={`chart-line chart-line-${line}`} d={stepPath(values, ceiling, LINES_HEIGHT)} />
        ))}
      </svg>
    </Plot>
  );
}

interface PlotProps {
  readonly label: string;
  readonly height: number;
  /** Values with a line of their own, the uppermost first. */
  readonly scale: readonly number[];
  readonly unit: string;
  readonly parts: number;
  readonly marks: readonly Mark[];
  readonly children: ComponentChildren;
}

/** In parts of the width: nearer to the right end a label stands before its line, and only where the one before is this far away. */
const NEAR_THE_END = 0.12;
const ROOM_FOR_TWO = 0.24;

/** The ground of a chart: its scale, the lines of the axis, and the labels below it. */
function Plot({ label, height, scale, unit, parts, marks, children }: PlotProps) {
  const bottom = ABOVE + height;
  const yOf = (value: number) => bottom - (value / scale[0]!) * height;
  return (
    <svg class="chart" role="img" aria-label={label} width="100%" height={bottom + BELOW}>
      {scale.map((value) => (
        <line class="chart-grid" x1="0" x2="100%" y1={yOf(value)} y2={yOf(value)} />
      ))}
      {marks.map(({ at, label: text }, index) => {
        const ends = 1 - at / parts < NEAR_THE_END;
        const before = marks[index - 1]?.at ?? 0;
        return (
          <>
            <line class="chart-grid" x1={percent(at, parts)} x2={percent(at, parts)} y1={ABOVE} y2={bottom + BELOW} />
            {(!ends || (at - before) / parts >= ROOM_FOR_TWO) && (
              <text class="chart-text" x={percent(at, parts)} dx={ends ? -5 : 5} y={bottom + 16} text-anchor={ends ? "end" : "start"}>
                {text}
              </text>
            )}
          </>
        );
      })}
      {children}
      <line class="chart-axis" x1="0" x2="100%" y1={bottom} y2={bottom} />
      {scale.map((value) => (
        <text class="chart-text" x="0" y={yOf(value) - 5}>
          {value.toLocaleString("en")}
          {unit}
        </text>
      ))}
    </svg>
  );
}

function percent(part: number, of: number): string {
  return `${round((part / of) * 100)}%`;
}

/** The two inks that need one. A page may hold them twice: they are the same. */
function Patterns() {
  return (
    <defs>
      <pattern id="ink-dots" width="4" height="4" patternUnits="userSpaceOnUse">
        <circle class="ink-dots-dot" cx="1.5" cy="1.5" r="1" />
      </pattern>
      <pattern id="ink-stripes" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect class="ink-stripes-ground" width="5" height="5" />
        <rect class="ink-stripes-stripe" width="2.5" height="5" />
      </pattern>
    </defs>
  );
}

/** What the inks of a chart stand for, with what each comes to. */
export function Legend({ entries }: { readonly entries: readonly { readonly name: string; readonly ink: Ink; readonly value: string }[] }) {
  return (
    <ul class="legend">
      {entries.map(({ name, ink, value }) => (
        <li>
          <svg class="legend-ink" width="12" height="12" aria-hidden="true">
            <rect class={`ink-${ink}`} width="12" height="12" />
          </svg>
          {name} <b>{value}</b>
        </li>
      ))}
    </ul>
  );
}

/** What the two lines of a `LineChart` stand for. */
export function LineLegend({ entries }: { readonly entries: readonly { readonly name: string; readonly line: "full" | "dashed"; readonly value: string }[] }) {
  return (
    <ul class="legend">
      {entries.map(({ name, line, value }) => (
        <li>
          <svg class="legend-ink" width="20" height="12" aria-hidden="true">
            <line class={`chart-line chart-line-${line}`} x1="0" x2="20" y1="6" y2="6" />
          </svg>
          {name} <b>{value}</b>
        </li>
      ))}
    </ul>
  );
}

/** How much of a whole: the words beside it say the same. */
export function ShareBar({ part, whole, kind = "usual" }: { readonly part: number; readonly whole: number; readonly kind?: "usual" | "warning" }) {
  return (
    <svg class="share" width="100%" height="8" aria-hidden="true">
      <rect class="share-whole" width="100%" height="8" rx="2" />
      {part > 0 && <rect class={`share-${kind}`} width={percent(Math.min(part, whole), whole)} height="8" rx="2" />}
    </svg>
  );
}
