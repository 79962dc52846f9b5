import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  barrelProblems,
  clockProblems,
  environmentProblems,
  fileCycleProblems,
  httpProblems,
  lengthProblems,
  nodeHttpProblems,
  outgoingProblems,
  pagesAreEdgesProblems,
  parseImports,
  roomCycleProblems,
  roomProblems,
  storeImportProblems,
  storeIsHiddenProblems,
  type Problems,
  type SourceFile,
} from "./support/architecture.ts";

/** As much of the linter's configuration as says who may import whom. */
interface LintConfig {
  readonly overrides: readonly {
    readonly files: readonly string[];
    readonly rules: { readonly "eslint/no-restricted-imports"?: readonly [string, { readonly patterns: readonly { readonly group: readonly string[] }[] }] };
  }[];
}

const SRC = join(import.meta.dirname, "../src");

function readSources(): readonly SourceFile[] {
  return readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .filter((path) => /\.tsx?$/.test(path))
    .toSorted()
    .map((path) => madeUp(path, readFileSync(join(SRC, path), "utf8")));
}

function madeUp(path: string, text: string): SourceFile {
  return { path, text, imports: parseImports(path, text) };
}

const FILES = readSources();

interface Rule {
  readonly sentence: string;
  readonly check: (files: readonly SourceFile[]) => Problems;
  /** Each of these must be refused. */
  readonly breaking: readonly (readonly SourceFile[])[];
  /** Comes close and is allowed. */
  readonly keeping?: readonly SourceFile[];
}

const RULES: readonly Rule[] = [
  {
    sentence: "a room imports only from the rooms that stand below it",
    check: roomProblems,
    breaking: [
      [madeUp("lib/id.ts", `import { Brand } from "../brands/brand.ts";`)],
      [madeUp("brands/brand.ts", `import type { User } from "../identity/user.ts";`)],
      [madeUp("oauth/scope.ts", `import type { Application } from "../applications/application.ts";`)],
      [madeUp("customers/customer.ts", `import type { Call } from "../webhooks/call.ts";`)],
      [madeUp("web/layout.tsx", `import { requireViewer } from "../identity/viewer.ts";`)],
      [madeUp("config.ts", `import { openStore } from "./store/open-store.ts";`)],
      [madeUp("webhooks/call.ts", `export { register } from "../applications/application.ts";`)],
      [madeUp("webhooks/call.ts", `const late = await import("../applications/application.ts");`)],
      [madeUp("billing/invoice.ts", ``)],
    ],
    keeping: [
      madeUp("oauth/client.ts", `import type { User } from "../identity/user.ts";\n// import { x } from "../webhooks/call.ts";`),
      madeUp("server.ts", `import { registerReceiver } from "./webhooks/receiver-routes.ts";`),
    ],
  },
  {
    sentence: "no file reaches itself over its imports",
    check: fileCycleProblems,
    breaking: [
      [
        madeUp("lib/a.ts", `import { b } from "./b.ts";`),
        madeUp("lib/b.ts", `import { c } from "./c.ts";`),
        madeUp("lib/c.ts", `import type { a } from "./a.ts";`),
      ],
    ],
    keeping: [
      madeUp("lib/a.ts", `import { b } from "./b.ts";\nimport { c } from "./c.ts";`),
      madeUp("lib/b.ts", `import { c } from "./c.ts";`),
      madeUp("lib/c.ts", ""),
    ],
  },
  {
    sentence: "only the composition roots and commands import the store",
    check: storeIsHiddenProblems,
    breaking: [
      [madeUp("webhooks/webhook-routes.tsx", `import type { Store } from "../store/store.ts";`)],
      [madeUp("config.ts", `import { openStore } from "./store/open-store.ts";`)],
    ],
    keeping: [madeUp("commands/serve.ts", `import { openStore } from "../store/open-store.ts";`), madeUp("store/sql/x.ts", `import "../store.ts";`)],
  },
  {
    sentence: "the store imports ports, types and pure rules, never a service",
    check: storeImportProblems,
    breaking: [
      [madeUp("store/sql/a.ts", `import { UserService } from "../../identity/user-service.ts";`)],
      [madeUp("store/sql/a.ts", `import { type User, addUser } from "../../identity/user-service.ts";`)],
    ],
    keeping: [
      madeUp(
        "store/sql/a.ts",
        `import type { UserStore } from "../../identity/identity-store.ts";\nimport { type Brand } from "../../brands/brand-store.ts";\nimport { keyDigest } from "../../customers/deduplication.ts";`,
      ),
    ],
  },
  {
    sentence: "node:http is imported for its types only, because an import of anything else makes each start slower",
    check: nodeHttpProblems,
    breaking: [
      [madeUp("server.ts", `import { createServer, type Server } from "node:http";`)],
      [madeUp("server.ts", `import http from "node:http";`)],
      [madeUp("lib/late.ts", `const http = await import("node:http");`)],
    ],
    keeping: [
      madeUp("metrics.ts", `import type { Server } from "node:http";`),
      madeUp("web/raw-endpoints.ts", `import { type IncomingMessage, type ServerResponse } from "node:http";`),
    ],
  },
  {
    sentence: "one file sends requests, so that nothing reaches a network around its guard",
    check: outgoingProblems,
    breaking: [
      [madeUp("forwarding/sender.ts", `const answer = await fetch(url);`)],
      [madeUp("forwarding/sender.ts", `import { request } from "node:https";`)],
      [madeUp("lib/late.ts", `const { connect } = await import("node:tls");`)],
      [madeUp("forwarding/sender.ts", `const { request } = process.getBuiltinModule("node:http");`)],
      [madeUp("lib/create-server.ts", `const { request } = process.getBuiltinModule("node:https");`)],
      [madeUp("webhooks/receiver.ts", `const socket = new WebSocket(url);`)],
    ],
    keeping: [
      madeUp("outgoing/outgoing-client.ts", `process.getBuiltinModule(isTls ? "node:https" : "node:http");`),
      madeUp("lib/create-server.ts", `process.getBuiltinModule("node:http");`),
      madeUp("store/sql/sqlite-log-mover.ts", `process.getBuiltinModule("node:sqlite");`),
      madeUp("webhooks/call-examples.ts", `await fetch("https://hookgate.example");`),
      madeUp("webhooks/body-reader.ts", `source.fetch(1); // fetch(2)`),
      madeUp("lib/address.ts", `import type { TLSSocket } from "node:tls";`),
    ],
  },
  {
    sentence: "only routes and pages touch HTTP and HTML",
    check: httpProblems,
    breaking: [
      [madeUp("oauth/token-endpoint.ts", `import type { FastifyRequest } from "fastify";`)],
      [madeUp("oauth/token-endpoint.ts", `import fastifyCookie from "@fastify/cookie";`)],
      [madeUp("webhooks/webhook-service.ts", `import { notFound } from "../web/page-error.ts";`)],
      [madeUp("webhooks/webhook-service.ts", `import { useContext } from "preact/hooks";`)],
      [madeUp("commands/serve.ts", `import fastify from "fastify";`)],
    ],
    keeping: [
      madeUp("oauth/oauth-routes.tsx", `import type { FastifyInstance } from "fastify";`),
      madeUp("oauth/consent-page.tsx", `import { PlainPage } from "../web/layout.tsx";`),
      madeUp("applications/application-service.ts", `import type { Viewer } from "../web/viewer.ts";`),
    ],
  },
  {
    sentence: "services know no pages and no routes",
    check: pagesAreEdgesProblems,
    breaking: [[madeUp("webhooks/receive-call.ts", `import { problem } from "./receiver-routes.ts";`)]],
    keeping: [madeUp("webhooks/webhook-routes.tsx", `import { WebhooksPage } from "./webhook-pages.tsx";`)],
  },
  {
    sentence: "only config.ts reads the environment",
    check: environmentProblems,
    breaking: [[madeUp("log.ts", `const level = process.env["LEVEL"];`)], [madeUp("log.ts", `const { env } = process\n  .env;`)]],
    keeping: [madeUp("config.ts", `process.env`), madeUp("log.ts", `// never process.env here`)],
  },
  {
    sentence: "only lib/clock.ts asks for the time",
    check: clockProblems,
    breaking: [[madeUp("oauth/access-token.ts", `const now = Date.now();`)], [madeUp("oauth/access-token.ts", `const now = new Date();`)]],
    keeping: [madeUp("lib/clock.ts", `Date.now()`), madeUp("web/parts/states.tsx", `new Date(at)`)],
  },
  {
    sentence: "no file is longer than 300 lines",
    check: lengthProblems,
    breaking: [[madeUp("lib/long.ts", "x\n".repeat(301))]],
    keeping: [madeUp("lib/long.ts", "x\n".repeat(300))],
  },
  {
    sentence: "there are no barrels but the lists",
    check: barrelProblems,
    breaking: [[madeUp("oauth/index.ts", "")], [madeUp("oauth/all.ts", `export * from "./scope.ts";`)]],
    keeping: [madeUp("oauth/grants/index.ts", `export const GRANTS = [];`)],
  },
];

describe.each(RULES)("$sentence", ({ check, breaking, keeping = [] }) => {
  test("holds for src", () => {
    expect(check(FILES)).toEqual([]);
  });

  test("and the check sees what breaks it, and only that", () => {
    for (const files of breaking) expect(check(files), files.map((file) => file.text).join("\n")).toHaveLength(1);
    expect(check(keeping)).toEqual([]);
  });
});

test("the table of rooms itself allows no circle", () => {
  expect(roomCycleProblems()).toEqual([]);
  expect(roomCycleProblems({ brands: ["keys"], keys: ["identity"], identity: ["brands"] })).toHaveLength(1);
});

test("the linter holds the same rules of rooms while one types", () => {
  const config = JSON.parse(readFileSync(join(SRC, "../.oxlintrc.json"), "utf8")) as LintConfig;
  const linted = new Map(
    config.overrides.flatMap(({ files: [pattern = ""], rules }) => {
      const restricted = rules["eslint/no-restricted-imports"]?.[1].patterns.flatMap(({ group }) =>
        group.map((path) => path.replaceAll("*", "").replaceAll("/", "")),
      );
      return restricted ? [[pattern.replace(/^src\/|\/\*\*$/g, ""), restricted.toSorted()]] : [];
    }),
  );
  const rooms = readdirSync(SRC, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const names = rooms.map((room) => room.name).toSorted();
  const forbidden = (room: string) =>
    names.filter((other) => other !== room && roomProblems([madeUp(`${room}/a.ts`, `import "../${other}/b.ts";`)]).length > 0);
  expect(linted).toEqual(new Map(names.filter((room) => room !== "commands").map((room) => [room, forbidden(room)])));
});

test("every import of src leads to a file of src or to a package", () => {
  const paths = new Set(FILES.map((file) => file.path));
  const lost = FILES.flatMap(({ path, imports }) =>
    imports.filter(({ target }) => /\.tsx?$/.test(target) && !paths.has(target)).map(({ target }) => `${path} -> ${target}`),
  );
  expect(lost).toEqual([]);
  expect(FILES.length).toBeGreaterThan(20);
});

test("every form of import is seen", () => {
  const text = [
    `import a from "./a.ts";`,
    `import {\n  b,\n  type B,\n} from './b.ts';`,
    `import type { C } from "./c.ts";`,
    `import * as d from "./d.ts";`,
    `import "./e.ts";`,
    `export { f } from "./f.ts";`,
    `export * from "../oauth/g.ts";`,
    `const h = await import("./h.ts");`,
    `import { type I } from "./i.ts";`,
    `import j, { k } from "./j.ts";`,
    `import { spawn } from "node:child_process";`,
  ].join("\n");
  expect(parseImports("webhooks/x.ts", text).map(({ target, typeOnly }) => `${target}${typeOnly ? " (type)" : ""}`)).toEqual([
    "webhooks/a.ts",
    "webhooks/b.ts",
    "webhooks/c.ts (type)",
    "webhooks/d.ts",
    "webhooks/f.ts",
    "oauth/g.ts",
    "webhooks/i.ts (type)",
    "webhooks/j.ts",
    "node:child_process",
    "webhooks/e.ts",
    "webhooks/h.ts",
  ]);
});
