import type { ComponentChildren } from "preact";

interface SearchFormProps {
  /** The address of the list; the form asks for it again with what was typed. */
  readonly action: string;
  /** What can be searched, read by screen readers and shown while the box is empty: "Search by e-mail address or name". */
  readonly label: string;
  readonly name?: string;
  readonly value?: string | undefined;
  /** Parameters of the address that stay, for instance a filter that was chosen before. Empty ones are left out. */
  readonly keep?: Readonly<Record<string, string | undefined>>;
  /** Whether the list is narrowed, by the search or by more controls; by default by the search. */
  readonly chosen?: boolean;
  /** More controls, for instance a `SelectFilter`. */
  readonly children?: ComponentChildren;
}

/** A search box above a list. Asks with GET, so that a result can be bookmarked and nothing is posted. */
export function SearchForm({ action, label, name = "q", value, keep = {}, chosen = Boolean(value), children }: SearchFormProps) {
  return (
    <form class="search" method="get" action={action} role="search">
      <input type="search" name={name} value={value} placeholder={label} aria-label={label} autocomplete="off" />
      {Object.entries(keep).map(([key, kept]) => kept && <input type="hidden" name={key} value={kept} />)}
      {children}
      <button type="submit" class="button button-plain">
        Search
      </button>
      {chosen && (
        <a class="search-clear" href={action}>
          Show all
        </a>
      )}
    </form>
  );
}

/** Choices above a list that has no search box: `SelectFilter`s and the button that applies them. */
export function FilterForm({ action, chosen, children }: { readonly action: string; readonly chosen: boolean; readonly children: ComponentChildren }) {
  return (
    <form class="search" method="get" action={action} role="search">
      {children}
      <button type="submit" class="button button-plain">
        Filter
      </button>
      {chosen && (
        <a class="search-clear" href={action}>
          Show all
        </a>
      )}
    </form>
  );
}

/** A day inside a `SearchForm` or `FilterForm`, `2026-11-24`. */
export function DayFilter({ name, label, value }: { readonly name: string; readonly label: string; readonly value: string | undefined }) {
  return (
    <label class="day-filter">
      {label}
      <input type="date" name={name} value={value} />
    </label>
  );
}

/** A choice inside a `SearchForm` or `FilterForm` that narrows the list. */
export function SelectFilter({
  name,
  label,
  value,
  options,
}: {
  readonly name: string;
  readonly label: string;
  readonly value: string | undefined;
  readonly options: readonly { readonly value: string; readonly label: string }[];
}) {
  return (
    <select name={name} aria-label={label} class="select">
      {options.map((option) => (
        <option value={option.value} selected={option.value === (value ?? "")}>
          {option.label}
        </option>
      ))}
    </select>
  );
}
