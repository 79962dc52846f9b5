import type { ComponentChildren } from "preact";

/** Parsed JSON that forgot nothing: members in their order, numbers as they were written (`1.50`, a 30-digit order number). */
type JsonTreeValue = string | boolean | null | { readonly source: string } | readonly JsonTreeValue[] | ReadonlyMap<string, JsonTreeValue>;

interface JsonTreeProps {
  readonly value: JsonTreeValue;
  /** What the tree shows, for people who do not see it. */
  readonly label: string;
  /** Shown at the right of a value that has no members, for instance what it is mapped to. */
  readonly beside?: (path: string, value: JsonTreeValue) => ComponentChildren;
  /** How deep the tree is open at first. */
  readonly openLevels?: number;
}

/** Levels that are shown; deeper than any honest body, and no stack is exhausted by a hostile one. */
const MAX_LEVELS = 32;
/** Keys and elements that are shown in all, so that a body of megabytes makes a page of kilobytes. */
const MAX_NODES = 1_000;
/** Characters of one text that are shown. */
const MAX_TEXT = 1_000;

/** JSON as keys, types and values; objects and arrays open and close without script. */
export function JsonTree({ value, label, beside, openLevels = 3 }: JsonTreeProps) {
  const tree: Tree = { beside, openLevels, shown: 0 };
  return (
    <div class="json-tree" role="group" aria-label={label}>
      <Node tree={tree} name={null} path="$" value={value} level={0} />
      <End tree={tree} />
    </div>
  );
}

/** A component, because only when it renders have the nodes before it been counted. */
function End({ tree }: { readonly tree: Tree }) {
  return tree.shown >= MAX_NODES ? <p class="hint">Only the first {MAX_NODES.toLocaleString("en")} values are shown.</p> : null;
}

/** What holds for every node of a tree, and how many were rendered: they render in the order of the document. */
interface Tree {
  readonly beside: JsonTreeProps["beside"];
  readonly openLevels: number;
  shown: number;
}

interface NodeProps {
  readonly tree: Tree;
  readonly name: string | number | null;
  readonly path: string;
  readonly value: JsonTreeValue;
  readonly level: number;
}

function Node({ tree, name, path, value, level }: NodeProps) {
  if (tree.shown >= MAX_NODES) return null;
  tree.shown += 1;
  const members = membersOf(value);
  if (members.length === 0 || level === MAX_LEVELS) {
    return (
      <div class="json-leaf">
        <div>
          <Key name={name} />
          <span class="json-type">{typeName(value)}</span>
          {members.length === 0 && <span class={`json-value json-${typeof value}`}>{textOf(value)}</span>}
        </div>
        {tree.beside && <span class="json-beside">{tree.beside(path, value)}</span>}
      </div>
    );
  }
  return (
    <details class="json-branch" open={level < tree.openLevels}>
      <summary>
        <Key name={name} />
        <span class="json-type">
          {typeName(value)} of {members.length.toLocaleString("en")}
        </span>
      </summary>
      <div class="json-members">
        {members.slice(0, MAX_NODES).map(([key, member]) => (
          <Node tree={tree} name={key} path={path + segmentOf(key)} value={member} level={level + 1} />
        ))}
      </div>
    </details>
  );
}

/** The members of an object or array; none for a plain value. */
function membersOf(value: JsonTreeValue): readonly (readonly [string | number, JsonTreeValue])[] {
  if (value instanceof Map) return [...(value as ReadonlyMap<string, JsonTreeValue>)];
  return Array.isArray(value) ? (value as readonly JsonTreeValue[]).map((element, index) => [index, element] as const) : [];
}

function Key({ name }: { readonly name: string | number | null }) {
  if (name === null) return null;
  return <span class={typeof name === "number" ? "json-index" : "json-key"}>{typeof name === "number" ? `[${name}]` : name}</span>;
}

/** The members of an object or the elements of an array; null for a single value. */
/** The types in the words of people who map fields. */
function typeName(value: JsonTreeValue): string {
  if (value === null) return "empty";
  if (value instanceof Map) return value.size === 0 ? "empty object" : "object";
  if (Array.isArray(value)) return value.length === 0 ? "empty list" : "list";
  if (typeof value === "boolean") return "yes/no";
  return typeof value === "string" ? "text" : "number";
}

function textOf(value: JsonTreeValue): string {
  const text = typeof value === "string" ? value : sourceOf(value);
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}… (${text.length.toLocaleString("en")} characters)`;
}

function sourceOf(value: Exclude<JsonTreeValue, string>): string {
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
