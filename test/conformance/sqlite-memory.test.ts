import { describe } from "vitest";
import { openStore } from "../../src/store/open-store.ts";
import { closeAtEnd } from "./fixture.ts";
import { storeSuite } from "./store-suite.ts";

describe("SQLite in memory", () => {
  storeSuite({ openEmpty: async () => closeAtEnd(await openStore({ url: "sqlite::memory:", migrate: true })) });
});
