/**
 * Builds the program into `dist/`: `main.js` for Node (packages stay in node_modules, but for `BUNDLED`) and, in `assets/`, what browsers load,
 * each file named by the hash of its content, with `manifest.json` (plain name -> file name) for the program.
 */
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { build, type BuildResult } from "esbuild";
import packageJson from "./package.json" with { type: "json" };

const ASSETS = "dist/assets";
/** Files that pages name although the style sheet brings them along. */
const NAMED: Readonly<Record<string, string>> = { "inter-latin-wght-normal.woff2": "inter.woff2" };

/** Packages of hundreds of small modules, which each start would look for one by one. */
const BUNDLED: ReadonlySet<string> = new Set(["kysely"]);

async function buildProgram(): Promise<void> {
  await build({
    entryPoints: ["./src/main.ts"],
    outfile: "dist/main.js",
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node24",
    external: Object.keys(packageJson.dependencies).filter((name) => !BUNDLED.has(name)),
    sourcemap: true,
    // Node reads the map at each start; for names and lines in a stack trace it needs no text.
    sourcesContent: false,
    jsx: "automatic",
    jsxImportSource: "preact",
    logLevel: "warning",
  });
}

async function buildAssets(): Promise<number> {
  const islands = (await readdir("src/web/islands")).filter((file) => file.endsWith(".ts"));
  const result = await build({
    entryPoints: ["src/web/assets/console.css", "src/web/assets/icon.svg", ...islands.map((file) => `src/web/islands/${file}`)],
    outdir: ASSETS,
    entryNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    bundle: true,
    minify: true,
    format: "esm",
    loader: { ".woff2": "file", ".svg": "copy" },
    metafile: true,
    logLevel: "warning",
  });
  const manifest = manifestOf(result);
  // Written whole or not at all: a server that starts meanwhile reads the old one or the new one.
  await writeFile(join(ASSETS, "manifest.json.new"), JSON.stringify(manifest, null, 2));
  await rename(join(ASSETS, "manifest.json.new"), join(ASSETS, "manifest.json"));
  const current = new Set([...Object.values(manifest), "manifest.json"]);
  const old = (await readdir(ASSETS)).filter((file) => !current.has(file));
  await Promise.all(old.map((file) => rm(join(ASSETS, file), { force: true })));
  return Object.keys(manifest).length;
}

/** Plain name -> file name, for everything that was written. */
function manifestOf({ metafile }: BuildResult<{ metafile: true }>): Record<string, string> {
  const entries = Object.keys(metafile.outputs).map((path) => {
    const file = basename(path);
    const extension = file.slice(file.lastIndexOf("."));
    const plain = file.slice(0, file.lastIndexOf("-")) + extension;
    return [NAMED[plain] ?? plain, file] as const;
  });
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

const started = performance.now();
await mkdir(ASSETS, { recursive: true });
const [assets, program] = await Promise.allSettled([buildAssets(), buildProgram()]);
// esbuild has printed what is wrong, with file and line.
if (assets.status === "rejected" || program.status === "rejected") process.exitCode = 1;
else process.stdout.write(`Built dist/main.js and ${assets.value} assets in ${Math.round(performance.now() - started)} ms.\n`);
