/** The first rows that have so many bytes together, and one at least; null counts as nothing. */
export function rowsThatFit<Row extends { readonly bytes: number | null }>(rows: readonly Row[], maxBytes: number): readonly Row[] {
  let bytes = 0;
  const tooMany = rows.findIndex((row, index) => {
    bytes += row.bytes ?? 0;
    return index > 0 && bytes > maxBytes;
  });
  return tooMany === -1 ? rows : rows.slice(0, tooMany);
}
