/**
 * What is usually known at once, because it is in memory, and only sometimes has to be waited for. A promise for what is known already costs its
 * maker, the one who waits and a turn of the queue between them; a webhook call asks a dozen such questions. Who does not count microseconds just awaits it.
 */
export type Soon<Value> = Value | Promise<Value>;

/** Goes on with the value: now where it is known, else when it is there. */
export function whenKnown<Value, Result>(value: Soon<Value>, use: (value: Value) => Soon<Result>): Soon<Result> {
  return value instanceof Promise ? value.then(use) : use(value);
}
