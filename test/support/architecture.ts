/**
 * The rules of docs/architecture.md as functions over a made-up or real set of source files, so that each rule can be shown
 * to fail. Gives problems as sentences: none means that the rule holds.
 */
interface Import {
  /** The file's path under src, or a package's name. */
  readonly target: string;
  readonly typeOnly: boolean;
}

export interface SourceFile {
  /** Under src, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

export type Problems = readonly string[];

/** Which rooms each room may import from; every room of src stands here, and the order shows that no circle is possible. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  jobs: ["lib"],
  web: ["lib"],
  brands: ["lib", "web"],
  keys: ["lib", "web"],
  identity: ["lib", "web", "brands", "keys"],
  oauth: ["lib", "web", "brands", "keys", "identity"],
  applications: ["lib", "web", "brands", "keys", "identity", "oauth"],
  customers: ["lib", "web", "identity"],
  outgoing: ["lib"],
  webhooks: ["lib", "jobs", "web", "brands", "keys", "identity", "oauth", "customers"],
  overview: ["lib", "web", "brands", "identity", "applications", "customers", "webhooks"],
  ownership: ["lib", "web", "identity", "oauth", "applications", "webhooks"],
  forwarding: ["lib", "web", "keys", "identity", "webhooks", "outgoing", "jobs"],
  store: ["lib", "jobs", "brands", "keys", "identity", "oauth", "applications", "customers", "webhooks", "ownership", "forwarding"],
  "config.ts": ["lib"],
  "log.ts": ["lib", "config.ts"],
};

/** The files that join the rooms together or watch over the whole. */
const ROOTS: readonly string[] = ["services.ts", "server.ts", "main.ts", "sweeper.ts", "probes.ts", "metrics.ts"];
/** Those of them that speak HTTP. */
const HTTP_ROOTS: ReadonlySet<string> = new Set(["server.ts", "probes.ts", "metrics.ts"]);
const COMMANDS = "commands";

/** The room of a file; a file that lies in src itself is a room of its own. */
function roomOf(path: string): string {
  const slash = path.indexOf("/");
  return slash === -1 ? path : path.slice(0, slash);
}

const isRoot = (path: string) => ROOTS.includes(path) || roomOf(path) === COMMANDS;
const isOurs = (target: string) => /\.tsx?$/.test(target);
/** Programs written down for others to run. */
const isExamples = (path: string) => path.endsWith("-examples.ts");
const isRoute = (path: string) => /-routes\.tsx?$/.test(path);
const isPage = (path: string) => /-pages?\.tsx$/.test(path);

/** A room imports only from those that the table names. */
export function roomProblems(files: readonly SourceFile[], rooms = ROOMS): Problems {
  return files.flatMap(({ path, imports }) => {
    const room = roomOf(path);
    if (isRoot(path)) return [];
    const allowed = rooms[room];
    if (!allowed) return [`${path}: the room ${room} is not in the table of rooms.`];
    return imports
      .filter(({ target }) => isOurs(target) && roomOf(target) !== room && !allowed.includes(roomOf(target)))
      .map(({ target }) => `${path}: ${room} must not import ${target}.`);
  });
}

/** No room reaches itself over others, whatever the table says. */
export function roomCycleProblems(rooms = ROOMS): Problems {
  return cycles(new Map(Object.entries(rooms))).map((cycle) => `Rooms in a circle: ${cycle.join(" -> ")}.`);
}

/** No file reaches itself over its imports, those of types included. */
export function fileCycleProblems(files: readonly SourceFile[]): Problems {
  const graph = new Map(files.map(({ path, imports }) => [path, imports.map(({ target }) => target).filter(isOurs)]));
  return cycles(graph).map((cycle) => `Files in a circle: ${cycle.join(" -> ")}.`);
}

/** Only the composition roots and commands know the store. */
export function storeIsHiddenProblems(files: readonly SourceFile[]): Problems {
  return files
    .filter(({ path }) => !isRoot(path) && roomOf(path) !== "store")
    .flatMap(({ path, imports }) =>
      imports.filter(({ target }) => roomOf(target) === "store").map(({ target }) => `${path}: only ${ROOTS.join(", ")} and commands import ${target}.`),
    );
}

/** What the store may run, beside lib, and not only name: pure rules that rows must keep, never a service. */
const RULES_OF_THE_STORE: ReadonlySet<string> = new Set([
  "webhooks/json/json-erasure.ts",
  "brands/brand.ts",
  "customers/customer.ts",
  "customers/customer-fields.ts",
  "customers/deduplication.ts",
  "customers/plan-customer-write.ts",
  "forwarding/target.ts",
  "identity/user.ts",
  "oauth/consent.ts",
  "oauth/scope.ts",
  "oauth/refused-request.ts",
  "webhooks/calls/call.ts",
  "webhooks/calls/call-hours.ts",
]);

/** The store imports ports and types, and the few pure rules that rows must keep. */
export function storeImportProblems(files: readonly SourceFile[]): Problems {
  return files
    .filter(({ path }) => roomOf(path) === "store")
    .flatMap(({ path, imports }) =>
      imports
        .filter(({ target, typeOnly }) => isOurs(target) && !["store", "lib"].includes(roomOf(target)) && !typeOnly && !RULES_OF_THE_STORE.has(target))
        .map(({ target }) => `${path}: the store runs nothing of ${target}; it may import its types.`),
    );
}

/** What touches HTTP or HTML: these packages and the web kit. `web/viewer.ts` holds types that services may name. */
const isHttp = ({ target, typeOnly }: Import) =>
  /^(@?fastify|preact)(\/|-|$)/.test(target) || (isOurs(target) && roomOf(target) === "web" && !(typeOnly && target === "web/viewer.ts"));

/** The edge of identity: from a cookie to the viewer. It stands between every route and the services. */
const VIEWER = "identity/viewer.ts";

/** Only routes and pages touch HTTP, beside the web kit and the composition root. */
export function httpProblems(files: readonly SourceFile[]): Problems {
  return files
    .filter(({ path }) => roomOf(path) !== "web" && !HTTP_ROOTS.has(path) && path !== VIEWER && !isRoute(path) && !isPage(path))
    .flatMap(({ path, imports }) => imports.filter(isHttp).map(({ target }) => `${path}: only *-routes and *-page(s) files import ${target}.`));
}

/** Its import would load much that nobody uses: `lib/create-server.ts`. */
export function nodeHttpProblems(files: readonly SourceFile[]): Problems {
  return files.flatMap(({ path, imports }) =>
    imports
      .filter(({ target, typeOnly }) => target === "node:http" && !typeOnly)
      .map(() => `${path}: import only types from node:http; lib/create-server.ts gives its servers.`),
  );
}

/** Opens connections to addresses that users have entered. */
const OUTGOING_CLIENT = "outgoing/outgoing-client.ts";
/** Play the part of a client or a browser on this machine, before somebody's eyes. */
const isDemo = (path: string) => path.startsWith("commands/demo");
/** Reach no network, by whatever way they are loaded. */
const WITHOUT_NETWORK = new Set(["node:sqlite", "node:worker_threads"]);

/** One file sends requests: no other may reach a network around the guard. */
export function outgoingProblems(files: readonly SourceFile[]): Problems {
  return files
    .filter(({ path }) => path !== OUTGOING_CLIENT && !isDemo(path) && !isExamples(path) && !path.startsWith("web/islands/"))
    .flatMap(({ path, text, imports }) => {
      const asked = [...withoutComments(text).matchAll(/getBuiltinModule\(([^)]*)\)/g)].map(([, name = ""]) => name.replaceAll(/["'`]/g, ""));
      const builtIn = asked.filter((name) => !WITHOUT_NETWORK.has(name) && !(path === "lib/create-server.ts" && name === "node:http"));
      const network = imports
        .filter(({ target, typeOnly }) => !typeOnly && /^(node:(https|http2|tls|dgram)|undici|ws|axios)$/.test(target))
        .map(({ target }) => target);
      const calls = /(?<![.\w])fetch\(|\bnew (?:WebSocket|EventSource)\(/.test(withoutComments(text)) ? ["fetch"] : [];
      return [...builtIn, ...network, ...calls].map((what) => `${path}: only ${OUTGOING_CLIENT} sends requests; ${what} must not be used.`);
    });
}

/** Services know no pages and no routes. */
export function pagesAreEdgesProblems(files: readonly SourceFile[]): Problems {
  return files
    .filter(({ path }) => roomOf(path) !== "web" && path !== "server.ts" && !isRoute(path) && !isPage(path))
    .flatMap(({ path, imports }) =>
      imports
        .filter(({ target }) => isRoute(target) || isPage(target))
        .map(({ target }) => `${path}: a page or route is an edge; ${target} must not be imported.`),
    );
}

/** Writes example programs, which read the environment of whoever runs them. */
const EXAMPLES = "applications/request-examples.ts";

/** One reader of the environment. */
export function environmentProblems(files: readonly SourceFile[]): Problems {
  return files
    .filter(({ path, text }) => path !== "config.ts" && path !== EXAMPLES && /process\s*\.\s*env\b/.test(withoutComments(text)))
    .map(({ path }) => `${path}: only config.ts reads process.env.`);
}

/** One clock. */
export function clockProblems(files: readonly SourceFile[]): Problems {
  return files
    .filter(
      ({ path, text }) =>
        path !== "lib/clock.ts" && !path.startsWith("web/islands/") && !isExamples(path) && /\bDate\s*\.\s*now\b|\bnew Date\(\s*\)/.test(withoutComments(text)),
    )
    .map(({ path }) => `${path}: only lib/clock.ts asks for the time.`);
}

const MAX_LINES = 300;

export function lengthProblems(files: readonly SourceFile[]): Problems {
  return files
    .map(({ path, text }) => ({ path, lines: text.replace(/\n$/, "").split("\n").length }))
    .filter(({ lines }) => lines > MAX_LINES)
    .map(({ path, lines }) => `${path}: ${lines} lines; ${MAX_LINES} are the most.`);
}

/** The lists that say what there is; every other file that only passes exports on is a barrel. */
const LISTS: ReadonlySet<string> = new Set(["oauth/grants/index.ts", "webhooks/authentication/webhook-authentication.ts"]);

export function barrelProblems(files: readonly SourceFile[]): Problems {
  return files
    .filter(({ path, text }) => !LISTS.has(path) && (/(^|\/)index\.tsx?$/.test(path) || /^export\s+\*/m.test(withoutComments(text))))
    .map(({ path }) => `${path}: no barrels; import a thing from the file that owns it.`);
}

/** Every way in which our sources name another file: static, re-exporting and dynamic imports. */
export function parseImports(path: string, text: string): readonly Import[] {
  const source = withoutComments(text);
  const found: Import[] = [];
  const statement = /^(?:import|export)\s+(type\s+)?(\*(?:\s+as\s+\w+)?|\{[^}]*\}|[\w$]+(?:\s*,\s*(?:\{[^}]*\}|\*\s+as\s+\w+))?)\s+from\s+["']([^"']+)["']/gm;
  for (const [, type, names = "", target = ""] of source.matchAll(statement)) {
    const bracketed = /^\{([^}]*)\}$/.exec(names)?.[1];
    const everyNameIsType = bracketed?.split(",").every((name) => name.trim() === "" || name.trim().startsWith("type ")) ?? false;
    found.push({ target: resolveTarget(path, target), typeOnly: type !== undefined || everyNameIsType });
  }
  for (const [, target = ""] of source.matchAll(/^import\s+["']([^"']+)["']/gm)) found.push({ target: resolveTarget(path, target), typeOnly: false });
  for (const [, target = ""] of source.matchAll(/\bimport\(\s*["']([^"']+)["']/g)) found.push({ target: resolveTarget(path, target), typeOnly: false });
  return found;
}

function resolveTarget(from: string, target: string): string {
  if (!target.startsWith(".")) return target;
  return new URL(target, `file:///${from}`).pathname.slice(1);
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");
}

/** One path for each circle found by depth-first search, from a node back to itself. */
function cycles(graph: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const found: string[][] = [];
  const finished = new Set<string>();
  const visit = (node: string, path: readonly string[]): void => {
    const start = path.indexOf(node);
    if (start !== -1) {
      found.push([...path.slice(start), node]);
      return;
    }
    if (finished.has(node)) return;
    for (const next of graph.get(node) ?? []) visit(next, [...path, node]);
    finished.add(node);
  };
  for (const node of graph.keys()) visit(node, []);
  return found;
}
