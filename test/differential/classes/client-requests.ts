/** What several classes of requests by programs begin with. */
import type { Case, Pairs, RequestTemplate } from "../request.ts";

export const BASIC: Pairs = [["Authorization", "Basic <<{id}:{secret}>>"]];

/** Every first with every second, named after both. */
export function eachWithEach<A, B>(
  firsts: Readonly<Record<string, A>>,
  seconds: Readonly<Record<string, B>>,
  request: (first: A, second: B) => RequestTemplate,
): readonly Case[] {
  return Object.entries(firsts).flatMap(([first, a]) =>
    Object.entries(seconds).map(([second, b]) => ({ name: `${first}; ${second}`, request: request(a, b) })),
  );
}

/** Each alone. */
export function each<A>(variants: Readonly<Record<string, A>>, request: (variant: A) => RequestTemplate): readonly Case[] {
  return Object.entries(variants).map(([name, variant]) => ({ name, request: request(variant) }));
}
