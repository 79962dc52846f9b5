import { newSecret } from "../../../src/lib/secret.ts";
import { authorizationCases } from "./authorization-cases.ts";
import type { Header } from "./send-raw.ts";
import { authenticationSuite, newScene, removedSecret, type Subject } from "./suite.ts";

const base: Pick<Subject, "type" | "settings" | "sign"> = {
  type: "basic",
  settings: { userName: "shop" },
  sign: ({ secret }) => basic(`shop:${secret}`),
};

function basic(userPass: string | Buffer): readonly Header[] {
  return [["Authorization", `Basic ${Buffer.from(userPass).toString("base64")}`]];
}

authenticationSuite({
  ...base,
  challenge: 'Basic realm="Hookgate", charset="UTF-8"',
  wrong: [
    ...authorizationCases(base, { unreadable: 400 }),
    { what: "another user name", status: 401, attempt: ({ secret }) => ({ headers: basic(`webhook:${secret}`) }) },
    { what: "the user name in another case", status: 401, attempt: ({ secret }) => ({ headers: basic(`Shop:${secret}`) }) },
    { what: "no user name", status: 401, attempt: ({ secret }) => ({ headers: basic(`:${secret}`) }) },
    { what: "no password", status: 401, attempt: () => ({ headers: basic("shop:") }) },
    { what: "no colon", status: 400, attempt: ({ secret }) => ({ headers: basic(`shop${secret}`) }) },
    { what: "nothing but a colon", status: 401, attempt: () => ({ headers: basic(":") }) },
    { what: "user name and password the wrong way round", status: 401, attempt: ({ secret }) => ({ headers: basic(`${secret}:shop`) }) },
    { what: "a line break after the password", status: 401, attempt: ({ secret }) => ({ headers: basic(`shop:${secret}\n`) }) },
    { what: "a space before the user name", status: 401, attempt: ({ secret }) => ({ headers: basic(` shop:${secret}`) }) },
    { what: "a NUL after the password", status: 401, attempt: ({ secret }) => ({ headers: basic(`shop:${secret}\0`) }) },
    { what: "bytes that are not UTF-8", status: 401, attempt: ({ secret }) => ({ headers: basic(Buffer.from(`shop:${secret}\xff`, "latin1")) }) },
    { what: "not encoded", status: 400, attempt: ({ secret }) => ({ headers: [["Authorization", `Basic shop:${secret}`]] }) },
    {
      what: "encoded without padding",
      status: 400,
      attempt: ({ secret }) => ({ headers: [["Authorization", `Basic ${Buffer.from(`shop:${secret}`).toString("base64url")}`]] }),
    },
    { what: "encoded twice", status: 400, attempt: ({ secret }) => ({ headers: basic(btoa(`shop:${secret}`)) }) },
    {
      what: "the password as a bearer token",
      status: 401,
      reason: "takes a user name and a password",
      attempt: ({ secret }) => ({ headers: [["Authorization", `Bearer ${secret}`]] }),
    },
    {
      what: "another webhook's of the same owner",
      status: 401,
      attempt: async ({ hookgate, owner }) => ({ headers: base.sign(await newScene(hookgate, base, owner), "") }),
    },
    { what: "a password that nobody made", status: 401, attempt: () => ({ headers: basic(`shop:${newSecret("hgp_")}`) }) },
    {
      what: "one that was removed",
      status: 401,
      reason: "was removed",
      attempt: async (at) => ({ headers: base.sign({ hookgate: at.hookgate, secret: await removedSecret(at) }, "") }),
    },
  ],
});
