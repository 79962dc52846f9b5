/** Wrong credentials that every type has whose callers send one `Authorization` header. */
import type { Header } from "./send-raw.ts";
import { newScene, type Subject, type WrongCase } from "./suite.ts";

const authorization = (value: string): readonly Header[] => [["Authorization", value]];

/** Changes what comes after the scheme. */
function changed(right: readonly Header[], change: (credential: string) => string): readonly Header[] {
  const [scheme = "", credential = ""] = right[0]![1].split(" ");
  return authorization(`${scheme} ${change(credential)}`);
}

const otherCase = (text: string) => text.replace(/[A-Za-z]/g, (letter) => (letter < "a" ? letter.toLowerCase() : letter.toUpperCase()));

function changeMiddle(text: string): string {
  const middle = Math.floor(text.length / 2);
  return text.slice(0, middle) + (text[middle] === "A" ? "B" : "A") + text.slice(middle + 1);
}

const change = (what: string, status: number, by: (credential: string) => string): WrongCase => ({
  what,
  status,
  attempt: (_at, right) => ({ headers: changed(right, by) }),
});

/** `unreadable`: the status for what has the letters of the type's credentials but cannot be read as one. */
export function authorizationCases(subject: Pick<Subject, "type" | "settings" | "secretFor" | "sign">, { unreadable = 401 } = {}): readonly WrongCase[] {
  return [
    { what: "none", status: 401, reason: "no Authorization header", attempt: () => ({ headers: [] }) },
    { what: "an empty header", status: 401, attempt: () => ({ headers: authorization("") }) },
    { what: "the header twice", status: 400, reason: "more than one", attempt: (_at, right) => ({ headers: [...right, ...right] }) },
    { what: "the header and a wrong one", status: 400, attempt: (_at, right) => ({ headers: [...right, ...changed(right, changeMiddle)] }) },
    { what: "a wrong header and the right one", status: 400, attempt: (_at, right) => ({ headers: [...changed(right, changeMiddle), ...right] }) },
    { what: "both in one header, by a comma", status: 400, attempt: (_at, right) => ({ headers: authorization(`${right[0]![1]}, ${right[0]![1]}`) }) },
    { what: "another scheme", status: 401, attempt: (_at, right) => ({ headers: authorization(`Digest ${right[0]![1].split(" ")[1]}`) }) },
    { what: "no scheme", status: 401, attempt: (at) => ({ headers: authorization(at.secret) }) },
    { what: "the scheme alone", status: 400, attempt: (_at, right) => ({ headers: authorization(right[0]![1].split(" ")[0]!) }) },
    { what: "a tab after the scheme", status: 401, attempt: (_at, right) => ({ headers: authorization(right[0]![1].replace(" ", "\t")) }) },
    { what: "a right one with a word after it", status: 400, attempt: (_at, right) => ({ headers: authorization(`${right[0]![1]} more`) }) },
    { what: "another header", status: 401, attempt: (_at, right) => ({ headers: [["X-Api-Key", right[0]![1]]] }) },
    { what: "the address", status: 401, attempt: (at) => ({ headers: [], endpoint: `${at.endpoint}?access_token=${at.secret}&token=${at.secret}` }) },
    { what: "the body", status: 401, attempt: (at) => ({ headers: [], body: JSON.stringify({ email: "a@example.com", access_token: at.secret }) }) },
    change("quotes around it", 400, (text) => `"${text}"`),
    change("the placeholder of the documentation", 400, () => "{Token}"),
    change("letters that are none of ASCII", 400, (text) => `é${text}`),
    change("its last character is missing", unreadable, (text) => text.slice(0, -1)),
    change("its first character is missing", unreadable, (text) => text.slice(1)),
    change("padding that it does not have", unreadable, (text) => `${text}=`),
    change("one character changed", 401, changeMiddle),
    change("its letters in the other case", unreadable, otherCase),
    change("10,000 characters", unreadable, () => "A".repeat(10_000)),
    {
      what: "another brand's",
      status: 401,
      attempt: async ({ hookgate }, _right) => {
        const { secret } = await newScene(hookgate, subject);
        return { headers: subject.sign({ hookgate, secret }, "") };
      },
    },
  ];
}
