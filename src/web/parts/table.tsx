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

/** A table; under 640 px each row becomes a card whose lines carry the column's header. */
export function Table<Row>({ caption, columns, rows, href }: TableProps<Row>) {
  return (
    <table class="table">
      <caption class="visually-hidden">{caption}</caption>
      <thead>
        <tr>
          {columns.map((column) => (
            <th scope="col" class={column.numeric ? "numeric" : undefined}>
              {column.header}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr class={href ? "table-row-link" : undefined}>
            {columns.map((column, index) =>
              index === 0 ? (
                <th scope="row" data-header={column.header}>
                  {href ? (
                    <a class="row-link" href={href(row)}>
                      {column.cell(row)}
                    </a>
                  ) : (
                    column.cell(row)
                  )}
                </th>
              ) : (
                <td data-header={column.header} class={column.numeric ? "numeric" : undefined}>
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
export function Pager({ page, after, href }: { readonly page: Page<unknown>; readonly after: string | null; readonly href: string }) {
  if (!page.next && !after) return null;
  const separator = href.includes("?") ? "&" : "?";
  return (
    <nav class="pager" aria-label="Pages">
      {after && (
        <a class="button button-plain" href={href}>
          Newest
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
