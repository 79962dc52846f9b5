/** Of broken promises, how many are printed. */
const MAX_LINES = 20;

const say = (line: string) => process.stdout.write(`${line}\n`);

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

  /** Set before each count, where a run has parts that are told apart. */
  part = "";

  count(what: string): void {
    const named = this.part === "" ? what : `${this.part}: ${what}`;
    this.counts.set(named, (this.counts.get(named) ?? 0) + 1);
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

  /** Prints what happened; gives whether every promise was kept. */
  report(title: string): boolean {
    say(`\n${title}`);
    for (const [what, count] of [...this.counts].toSorted(([a], [b]) => (a < b ? -1 : 1))) say(`  ${count.toString().padStart(8)}  ${what}`);
    say(`  ${this.broken.length.toString().padStart(8)}  promises broken`);
    for (const line of this.broken.slice(0, MAX_LINES)) say(`            ${line}`);
    return this.broken.length === 0;
  }
}
