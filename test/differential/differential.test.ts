/** The same requests to Hookgate and to a server that nobody here wrote; each difference is known, with who is right and why. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { CLASSES } from "./classes.ts";
import { differencesDocument, reasonOf } from "./differences-document.ts";
import { startHookgateServer } from "./hookgate-server.ts";
import { startOidcProvider } from "./oidc-provider-server.ts";
import { differingAspects } from "./outcome.ts";
import type { Difference } from "./difference.ts";
import { REASONS } from "./reasons.ts";
import { structureOf, type Case } from "./request.ts";
import { Subject } from "./subject.ts";

let hookgate: Subject;
let oidcProvider: Subject;
const found = new Map<string, readonly Difference[]>();

beforeAll(async () => {
  // oidc-provider tells its operator on the console what to think of before production.
  for (const method of ["info", "warn"] as const) vi.spyOn(console, method).mockImplementation(() => {});
  const { server, clients } = await startHookgateServer();
  hookgate = new Subject(server, clients);
  oidcProvider = new Subject(await startOidcProvider(clients), clients);
});
afterAll(async () => {
  await hookgate.close();
  await oidcProvider.close();
  vi.restoreAllMocks();
});

async function compare(className: string, { name: caseName, request }: Case): Promise<readonly Difference[]> {
  const [ours, theirs] = await Promise.all([hookgate.outcomeOf(request), oidcProvider.outcomeOf(request)]);
  const aspects = differingAspects(ours, theirs);
  return aspects.length === 0 ? [] : [{ className, caseName, aspects, hookgate: ours, oidcProvider: theirs }];
}

test("there are ten classes at least", () => expect(Object.keys(CLASSES).length).toBeGreaterThanOrEqual(10));

describe.each(Object.entries(CLASSES))("%s", (className, cases) => {
  test("has fifty requests at least, and no two of them differ in a literal value only", () => {
    expect(cases.length).toBeGreaterThanOrEqual(50);
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
    const byStructure = Object.groupBy(cases, ({ request }) => structureOf(request));
    expect(Object.values(byStructure).filter((alike) => alike!.length > 1)).toEqual([]);
  });

  test("every difference between the two servers has a reason", async () => {
    const differences: Difference[] = [];
    for (const one of cases) differences.push(...(await compare(className, one)));
    const unexplained = differences.flatMap((difference) =>
      difference.aspects
        .filter((aspect) => !reasonOf(difference, aspect))
        .map((aspect) => `${difference.caseName}: ${aspect} is ${difference.hookgate[aspect]} here and ${difference.oidcProvider[aspect]} there`),
    );
    expect(unexplained).toEqual([]);
    found.set(className, differences);
  });
});

describe("the reasons", () => {
  const made: Difference = { className: "Scopes", caseName: "made up", aspects: ["answer"], hookgate: { answer: "500" }, oidcProvider: { answer: "200" } };

  test("do not explain what nobody has looked at", () => {
    expect(reasonOf(made, "answer")).toBeUndefined();
    expect(reasonOf({ ...made, hookgate: { answer: "400 invalid_scope" } }, "answer")).toBeUndefined();
  });

  test("all have a difference", () => {
    const used = new Set([...found.values()].flat().flatMap((difference) => difference.aspects.map((aspect) => reasonOf(difference, aspect))));
    expect(REASONS.filter((reason) => !used.has(reason)).map(({ title }) => title)).toEqual([]);
  });
});

const scoped = (value: string, name = "scope") => structureOf({ endpoint: "token", body: [[name, value]] });

test("requests that differ in a literal value only have one structure, others have not", () => {
  expect(scoped("nonsense")).toBe(scoped("other"));
  expect(scoped("{code}")).not.toBe(scoped("{refresh}"));
  for (const other of ["other thing", "Other", "other1", "", "code"]) expect(scoped(other)).not.toBe(scoped("nonsense"));
  expect(scoped("nonsense", "state")).not.toBe(scoped("nonsense"));
});

test("docs/differences.md is what this run found; `npm run differences` writes it", async () => {
  const counts = Object.fromEntries(Object.entries(CLASSES).map(([name, cases]) => [name, cases.length]));
  const document = differencesDocument(counts, [...found.values()].flat());
  await expect(document).toMatchFileSnapshot(join(import.meta.dirname, "../../docs/differences.md"));
});
