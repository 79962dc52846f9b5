/** Rows as files that people take with them: CSV for spreadsheets, JSON lines for programs. One list of columns makes both. Pure. (ADR 0026) */

export const EXPORT_FORMATS = ["csv", "jsonl"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

type Value = string | number | boolean | readonly string[] | null | undefined;

export interface ExportColumn<Row> {
  /** Heads the column, and names the member in JSON. */
  readonly name: string;
  readonly value: (row: Row) => Value;
}

/** A part of a file, and how many rows of it stand in there. */
export interface ExportPart {
  readonly text: string;
  readonly rows: number;
}

export const CONTENT_TYPES: Readonly<Record<ExportFormat, string>> = {
  csv: "text/csv; charset=utf-8; header=present",
  jsonl: "application/jsonl; charset=utf-8",
};

/** Without it, Excel reads UTF-8 as the character set of the country; whoever reads CSV by a library passes over it. */
const BYTE_ORDER_MARK = "\ufeff";

/** What stands before the first row. */
export function exportHead(format: ExportFormat, columns: readonly ExportColumn<never>[]): string {
  return format === "csv" ? `${BYTE_ORDER_MARK}${columns.map(({ name }) => csvCell(name)).join(",")}\r\n` : "";
}

/** One row with what ends it. In JSON a member without value is left out. */
export function exportRow<Row>(format: ExportFormat, columns: readonly ExportColumn<Row>[], row: Row): string {
  if (format === "csv") return `${columns.map(({ value }) => csvValue(value(row))).join(",")}\r\n`;
  return `${JSON.stringify(Object.fromEntries(columns.map(({ name, value }) => [name, value(row) ?? undefined])))}\n`;
}

function csvValue(value: Value): string {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (value === null || value === undefined) return "";
  return csvCell(typeof value === "string" ? value : value.join(" "));
}

/**
 * What spreadsheets take for the beginning of a formula, with white space before it or not; the wide forms are those of East Asian keyboards (OWASP, CSV Injection). A
 * stranger's `=HYPERLINK(…)` in a customer's name would run in the spreadsheet of whoever opens the file.
 */
const FORMULA = /^\s*[=+\-@＝＋－＠]|^[\t\r\n]/;

/** RFC 4180: in quotes where it must be, quotes doubled. Text that would be a formula begins with an apostrophe, by which spreadsheets know text. */
function csvCell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]|^\s|\s$|^'/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
