/** What callers were told, and what must therefore be true at the end. */
export class Ledger {
  /** The customer of each call that was answered 200, by its e-mail address. */
  readonly customers = new Map<string, string>();
  /** The reference of each call that was answered 200. */
  readonly references = new Set<string>();
  /** One line for each promise that was broken. */
  readonly broken: string[] = [];
  /** How often what happened. */
  readonly counts = new Map<string, number>();

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  break(what: string): void {
    this.broken.push(what);
  }

  /** Gives the same id for the same address for ever. */
  acknowledge(email: string, customerId: string, reference: string): void {
    const before = this.customers.get(email) ?? customerId;
    if (before !== customerId) this.break(`${email} is customer ${before} and, in a later answer, ${customerId}`);
    this.customers.set(email, customerId);
    this.references.add(reference);
  }
}
