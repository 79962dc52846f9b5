/** A reader of CSV that follows RFC 4180 to the letter, so that tests do not read exports with what wrote them. Throws for what the RFC does not allow. */
export function parseCsv(text: string): readonly (readonly string[])[] {
  const rows: string[][] = [];
  let at = 0;
  while (at < text.length) {
    const row: string[] = [];
    for (;;) {
      const cell = cellAt(text, at);
      row.push(cell.value);
      at = cell.end;
      if (text[at] === ",") at += 1;
      else if (text.startsWith("\r\n", at)) {
        at += 2;
        break;
      } else throw new Error(`A comma or the end of the line was expected at ${at}.`);
    }
    rows.push(row);
  }
  return rows;
}

function cellAt(text: string, start: number): { readonly value: string; readonly end: number } {
  if (text[start] !== '"') {
    let end = start;
    while (end < text.length && !',"\r\n'.includes(text[end]!)) end += 1;
    return { value: text.slice(start, end), end };
  }
  let value = "";
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] !== '"') value += text[at];
    else if (text[at + 1] === '"') {
      value += '"';
      at += 1;
    } else return { value, end: at + 1 };
  }
  throw new Error("A quoted cell has no end.");
}
