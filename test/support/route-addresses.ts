/**
 * The addresses that a route's pattern gives with these things in its parameters, by the path segment before each. Throws for a parameter that is not
 * known, so that nobody adds a route without saying what it names.
 */
export function addressesOf(pattern: string, things: Readonly<Record<string, readonly string[]>>): readonly string[] {
  const [whole, segment = ""] = /\/([^/]*)\/(?::[A-Za-z]+|\*)/.exec(pattern) ?? [];
  if (whole === undefined && /[:*]/.test(pattern)) throw new Error(`This test does not know what stands for the parameter of ${pattern}.`);
  if (whole === undefined) return [pattern];
  if (!Object.hasOwn(things, segment)) throw new Error(`This test does not know what the parameter after /${segment}/ of ${pattern} names: add it to Things.`);
  return things[segment]!.flatMap((id) => addressesOf(pattern.replace(whole, `/${segment}/${id}`), things));
}
