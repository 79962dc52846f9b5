/** The store cannot be asked, or could not write, and may be able to a moment later: a database that is away, a disk that is full. Not a fault of the program. */
export class StoreUnavailable extends Error {
  override readonly name = "StoreUnavailable";
  /** Whether what was being written may have been written all the same: nobody knows. */
  readonly isOutcomeUnknown: boolean;

  constructor(cause: unknown, { isOutcomeUnknown = false } = {}) {
    super(`The store cannot be used now: ${reasonOf(cause)}`, { cause });
    this.isOutcomeUnknown = isOutcomeUnknown;
  }
}

/** In seconds: when whoever got no answer for this reason may ask again. */
export const RETRY_SOON = { "Retry-After": "1" } as const;

/** Several addresses of a host were tried in vain: the first tells enough. */
function reasonOf(cause: unknown): string {
  const one: unknown = cause instanceof AggregateError ? cause.errors[0] : cause;
  return one instanceof Error ? one.message : String(one);
}
