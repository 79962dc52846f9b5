/**
 * Stack traces in the lines of the sources. Node can do so by itself (`--enable-source-maps`), but then each start reads the map of the whole program,
 * which costs a fifth of the start and 20 MB, whether or not anything ever fails. Here it is read with the first error that is told.
 */
import { existsSync, readFileSync } from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";

/** A place in the built program, as stack traces have it. */
const PLACE = /(file:\/\/[^\s()]+\.js):(\d+):(\d+)/g;

/** By the address of a built file; null where it has none, as sources have. */
const maps = new Map<string, SourceMap | null>();

export function originalStack(stack: string): string {
  return stack.replaceAll(PLACE, (place, file: string, line: string, column: string) => {
    const origin = mapOf(file)?.findOrigin(Number(line), Number(column));
    if (!origin || !("fileName" in origin)) return place;
    return `${new URL(origin.fileName, file).href}:${origin.lineNumber}:${origin.columnNumber}`;
  });
}

function mapOf(file: string): SourceMap | null {
  let map = maps.get(file);
  if (map === undefined) maps.set(file, (map = readMap(file)));
  return map;
}

function readMap(file: string): SourceMap | null {
  try {
    const path = new URL(`${file}.map`);
    return existsSync(path) ? new SourceMap(JSON.parse(readFileSync(path, "utf8")) as SourceMapPayload) : null;
  } catch {
    return null; // An error is told all the same.
  }
}
