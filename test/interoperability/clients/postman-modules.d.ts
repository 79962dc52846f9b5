/** Of two packages that bring no types, what the adapter uses. */
declare module "postman-collection" {
  export class VariableScope {
    constructor(definition: object);
    get(key: string): string | undefined;
    set(key: string, value: string): void;
  }
  interface Item {
    readonly id: string;
    readonly name: string;
    /** Those of a folder. */
    readonly items: ItemList;
  }
  interface ItemList {
    find(rule: (item: Item) => boolean): Item | undefined;
  }
  export class Collection {
    readonly items: ItemList;
    constructor(definition: object);
  }
}

declare module "postman-runtime" {
  import type { Collection, VariableScope } from "postman-collection";

  export interface Assertion {
    readonly name: string;
    readonly error: Error | null;
  }

  interface RunCallbacks {
    assertion(cursor: unknown, assertions: readonly Assertion[]): void;
    exception(cursor: unknown, error: Error): void;
    response(error: Error | null, cursor: unknown, response?: { text(): string }): void;
    done(error: Error | null): void;
  }

  interface Run {
    start(callbacks: Partial<RunCallbacks>): void;
  }

  interface RunOptions {
    readonly environment: VariableScope;
    readonly entrypoint: { readonly execute: readonly string[]; readonly lookupStrategy: "multipleIdOrName" };
  }

  export class Runner {
    run(collection: Collection, options: RunOptions, started: (error: Error | null, run: Run) => void): void;
  }
}
