import type { ComponentChildren } from "preact";
import type { Page } from "../../lib/page.ts";

export interface Column<Row> {
  readonly header: string;
  readonly numeric?: boolean;
  readonly cell: (row: Row) => ComponentChildren;
}

interface TableProps<Row> {
  /** What the rows are, for people who do not see the table. */
  readonly caption: string;
  /** The first column names the row. */
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** Where a row leads: the whole row is the link. */
  readonly href?: (row: Row) => string;
}

/**
 * A table; under 640 px each row becomes a card whose lines carry the column's header. The roles are spelled out because
 * browsers forget them for a table whose `display` changes.
 */
export function Table<Row>({ caption, columns, rows, href }: TableProps<Row>) {
  return (
    <table class="table" role="table">
      <caption class="visually-hidden">{caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map((column) => (
            <th scope="col" role="columnheader" class={column.numeric ? "numeric" : undefined}>
              {column.header}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr role="row" class={href ? "table-row-link" : undefined}>
            {columns.map((column, index) =>
              index === 0 ? (
                <th scope="row" role="rowheader" data-header={column.header}>
                  {href ? (
                    <a class="row-link" href={href(row)}>
                      {column.cell(row)}
                    </a>
                  ) : (
                    column.cell(row)
                  )}
                </th>
              ) : (
                <td role="cell" data-header={column.header} class={column.numeric ? "numeric" : undefined}>
                  {column.cell(row)}
                </td>
              ),
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The way to the next page of a list, and back to its start. `href` is the address of this list without `after`. */
export function Pager({
  page,
  after,
  href,
  start = "Newest",
}: {
  readonly page: Page<unknown>;
  readonly after: string | null;
  readonly href: string;
  /** What the first page is called. */
  readonly start?: string;
}) {
  if (!page.next && !after) return null;
  const separator = href.includes("?") ? "&" : "?";
  return (
    <nav class="pager" aria-label="Pages">
      {after && (
        <a class="button button-plain" href={href}>
          {start}
        </a>
      )}
      {page.next && (
        <a class="button button-plain" href={`${href}${separator}after=${encodeURIComponent(page.next)}`} rel="next">
          Next
        </a>
      )}
    </nav>
  );
}

/** Label and value, one under the other: the facts of one thing. */
export function Facts({ facts }: { readonly facts: readonly (readonly [label: string, value: ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {facts.map(([label, value]) => (
        <div>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
