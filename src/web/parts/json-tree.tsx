import type { ComponentChildren } from "preact";

interface JsonTreeProps {
  /** Parsed JSON. */
  readonly value: unknown;
  /** What the tree shows, for people who do not see it. */
  readonly label: string;
  /** Shown at the right of a value that is neither object nor array, for instance what it is mapped to. */
  readonly beside?: (path: string, value: unknown) => ComponentChildren;
  /** How deep the tree is open at first. */
  readonly openLevels?: number;
}

/** Deeper than any honest sample; below it the tree shows the raw text, so that a hostile body cannot exhaust the stack. */
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
  readonly value: unknown;
  readonly level: number;
  readonly openLevels: number;
}

function Node({ name, path, value, level, beside, openLevels }: NodeProps) {
  if (typeof value !== "object" || value === null || level >= MAX_LEVELS) {
    return (
      <div class="json-leaf">
        <Key name={name} />
        <span class={`json-value json-${typeOf(value)}`}>{textOf(value)}</span>
        <span class="json-type">{typeOf(value)}</span>
        {beside && <span class="json-beside">{beside(path, value)}</span>}
      </div>
    );
  }
  const members: readonly (readonly [string | number, unknown])[] = Array.isArray(value)
    ? value.map((element, index) => [index, element] as const)
    : Object.entries(value);
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

function countOf(value: object, count: number): string {
  const [one, many] = Array.isArray(value) ? ["element", "elements"] : ["member", "members"];
  return count === 0 ? `empty ${Array.isArray(value) ? "array" : "object"}` : `${count} ${count === 1 ? one : many}`;
}

function typeOf(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? (value === "" ? "(empty)" : value) : JSON.stringify(value);
}

/** One step of a JSONPath (RFC 9535): `.name` where the short form is allowed, else `['name']` escaped as section 2.3.1.1 says. */
function segmentOf(key: string | number): string {
  if (typeof key === "number") return `[${key}]`;
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) return `.${key}`;
  const escaped = JSON.stringify(key).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
  return `['${escaped}']`;
}
