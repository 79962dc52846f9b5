/** One request over HTTP and its answer, told line by line as `curl -v` does: `>` was sent, `<` was answered. */

/** Takes one line of what happens in a step. */
export type Tell = (line: string) => void;

export interface Sent {
  readonly method?: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  /** Headers that are sent and not told. */
  readonly unseen?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Sends without following redirects and tells nothing. */
export async function send(url: string, { method = "POST", headers, unseen, body }: Sent): Promise<Answer> {
  const response = await fetch(url, { method, headers: { ...headers, ...unseen }, body: body ?? null, redirect: "manual" });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** Headers of ours and of theirs that a reader wants to see; the rest is the same on every request. */
const TOLD_HEADERS = ["WWW-Authenticate", "Location", "Hookgate-Reference"] as const;

/** Sends, tells both sides with secrets shortened, and throws when the status is not the expected one. */
export async function exchange(tell: Tell, url: string, sent: Sent, expectedStatus = 200): Promise<Answer> {
  tell(`> ${sent.method ?? "POST"} ${shortened(url)}`);
  for (const [name, value] of Object.entries(sent.headers ?? {})) tell(`> ${name}: ${shortened(value)}`);
  if (sent.body !== undefined) tell(`> ${shortened(sent.body)}`);
  const answer = await send(url, sent);
  const isPage = answer.headers.get("content-type")?.startsWith("text/html") ?? false;
  const told = isPage ? `the page "${/<title>([^<]*)/.exec(answer.text)?.[1]}"` : answer.text;
  tell(`< ${answer.status} ${shortened(told)}`.trimEnd());
  for (const name of TOLD_HEADERS) {
    const value = answer.headers.get(name);
    // The reference matters to whoever was refused.
    if (value !== null && (name !== "Hookgate-Reference" || answer.status >= 400)) tell(`< ${name}: ${shortened(value)}`);
  }
  if (answer.status !== expectedStatus)
    throw new Error(`${sent.method ?? "POST"} ${shortened(url)} was answered ${answer.status}, not ${expectedStatus}: ${shortened(told)}`);
  return answer;
}

/** Text fit to be shown: of secrets, tokens and codes the two ends are left, of what else is secret or long the beginning. */
export function shortened(text: string): string {
  return text
    .replace(/\b(hg[a-z]_[\w-]{4})[\w-]{8,}([\w-]{4})/g, "$1…$2")
    .replace(/\b(Basic [\w+/]{6})[\w+/=]+/g, "$1…")
    .replace(
      /\b(password|form_token|authorization_request|flow|code_verifier|code_challenge)=[^&]{4,}/g,
      (whole) => `${whole.slice(0, whole.indexOf("=") + 5)}…`,
    );
}
