import { setImmediate as nextTurn } from "node:timers/promises";
import { describe } from "vitest";
import { openStore } from "../../src/store/open-store.ts";
import { closeAtEnd } from "./fixture.ts";
import { sharedStoreSuites } from "./store-suite.ts";
import { temporaryFile } from "./temporary-file.ts";

describe("SQLite in a file", () => {
  sharedStoreSuites({
    openEmpty: async () => closeAtEnd(await openStore({ url: `sqlite:${temporaryFile()}`, migrate: true })),
    openTwo: async () => {
      const url = `sqlite:${temporaryFile()}`;
      return [closeAtEnd(await openStore({ url, migrate: true })), closeAtEnd(await openStore({ url, migrate: false }))];
    },
    look: () => nextTurn(),
  });
});
