import type { ComponentChildren } from "preact";

/** Parsed JSON that forgot nothing: members in their order, numbers as they were written (`1.50`, a 30-digit order number). */
export type JsonTreeValue = string | boolean | null | { readonly source: string } | readonly JsonTreeValue[] | ReadonlyMap<string, JsonTreeValue>;

interface JsonTreeProps {
  readonly value: JsonTreeValue;
  /** What the tree shows, for people who do not see it. */
  readonly label: string;
  /** Shown at the right of a value that is neither object nor array, for instance what it is mapped to. */
  readonly beside?: (path: string, value: JsonTreeValue) => ComponentChildren;
  /** How deep the tree is open at first. */
  readonly openLevels?: number;
}

/** Deeper than any honest body; what lies below is only counted, so that a hostile one cannot exhaust the stack. */
const MAX_LEVELS = 32;
/** Members of one object or array that are shown; the rest is counted. */
const MAX_MEMBERS = 200;

/** JSON as keys, types and values; objects and arrays open and close without script. */
export function JsonTree({ value, label, beside, openLevels = 3 }: JsonTreeProps) {
  return (
    <div class="json-tree" role="group" aria-label={label}>
      <Node name={null} path="$" value={value} level={0} beside={beside} openLevels={openLevels} />
    </div>
  );
}

interface NodeProps {
  readonly beside: JsonTreeProps["beside"];
  readonly name: string | number | null;
  readonly path: string;
  readonly value: JsonTreeValue;
  readonly level: number;
  readonly openLevels: number;
}

function Node({ name, path, value, level, beside, openLevels }: NodeProps) {
  const members = membersOf(value);
  if (members === null || level >= MAX_LEVELS) {
    return (
      <div class="json-leaf">
        <div>
          <Key name={name} />
          <span class="json-type">{members === null ? typeName(value) : countOf(value, members.length)}</span>
          <span class={`json-value json-${typeof value}`}>{members === null ? textOf(value) : "…"}</span>
        </div>
        {beside && <span class="json-beside">{beside(path, value)}</span>}
      </div>
    );
  }
  return (
    <details class="json-branch" open={level < openLevels}>
      <summary>
        <Key name={name} />
        <span class="json-type">{countOf(value, members.length)}</span>
      </summary>
      <div class="json-members">
        {members.slice(0, MAX_MEMBERS).map(([key, member]) => (
          <Node name={key} path={path + segmentOf(key)} value={member} level={level + 1} beside={beside} openLevels={openLevels} />
        ))}
        {members.length > MAX_MEMBERS && <p class="hint">{members.length - MAX_MEMBERS} more are not shown.</p>}
      </div>
    </details>
  );
}

function Key({ name }: { readonly name: string | number | null }) {
  if (name === null) return null;
  return <span class={typeof name === "number" ? "json-index" : "json-key"}>{typeof name === "number" ? `[${name}]` : name}</span>;
}

/** The members of an object or the elements of an array; null for a single value. */
function membersOf(value: JsonTreeValue): readonly (readonly [string | number, JsonTreeValue])[] | null {
  if (value instanceof Map) return [...(value as ReadonlyMap<string, JsonTreeValue>)];
  return Array.isArray(value) ? (value as readonly JsonTreeValue[]).map((element, index) => [index, element] as const) : null;
}

function countOf(value: JsonTreeValue, count: number): string {
  const [kind, one, many] = Array.isArray(value) ? ["array", "element", "elements"] : ["object", "member", "members"];
  return count === 0 ? `empty ${kind}` : `${count} ${count === 1 ? one : many}`;
}

/** The types in the words of people who map fields. */
function typeName(value: JsonTreeValue): string {
  if (value === null) return "empty";
  if (typeof value === "boolean") return "yes/no";
  return typeof value === "string" ? "text" : "number";
}

function textOf(value: JsonTreeValue): string {
  if (typeof value === "string") return value === "" ? "(empty)" : value;
  if (value === null || typeof value === "boolean") return String(value);
  return "source" in value ? value.source : "";
}

/** One step of a JSONPath (RFC 9535): `.name` where the short form is allowed, else `['name']` escaped as section 2.3.1.1 says. */
function segmentOf(key: string | number): string {
  if (typeof key === "number") return `[${key}]`;
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) return `.${key}`;
  const escaped = JSON.stringify(key).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
  return `['${escaped}']`;
}
