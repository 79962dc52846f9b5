/** Callers who go on whatever happens: tokens, calls, refreshing and revoking. Each writes down what it was promised. */
import { setTimeout } from "node:timers/promises";
import type { ChaosNode } from "./node.ts";
import type { Ledger } from "./ledger.ts";
import { newRefreshToken, type Target } from "./target.ts";

/** Of each kind. */
const CALLERS = 6;
const REVOKERS = 3;
const REFRESHERS = 2;
/** How long a caller waits for an answer, in milliseconds. */
const PATIENCE = 10_000;
/** After an answer that was none, in milliseconds. */
const PAUSE = 50;
/** From when on a revoked token must be refused, in milliseconds after the answer to its revocation. */
const REVOKED_AFTER = 1_000;
/** How long a revoked token is tried, in milliseconds. */
const WATCH_REVOKED = 4_000;
/** How long a refresh token that was rotated gives the same answer again, in milliseconds. */
const REFRESH_GRACE = 30_000;

interface Scene {
  readonly nodes: readonly ChaosNode[];
  readonly target: Target;
  readonly ledger: Ledger;
  readonly isOver: () => boolean;
}

/** Resolves when all callers have ended, soon after `isOver`. */
export async function runLoad(scene: Scene): Promise<void> {
  const many = (count: number, caller: (scene: Scene, number: number) => Promise<void>) => Array.from({ length: count }, (_, number) => caller(scene, number));
  await Promise.all([...many(CALLERS, call), ...many(REVOKERS, revoke), ...many(REFRESHERS, refresh)]);
}

async function call(scene: Scene, number: number): Promise<void> {
  const { ledger, target, isOver } = scene;
  let token: string | null = null;
  for (let sent = 0; !isOver(); sent++) {
    token ??= await newToken(scene);
    if (token === null) continue;
    // Every fourth call is about somebody whom all callers tell of at the same time.
    const email = sent % 4 === 0 ? `shared-${Math.floor(sent / 8)}@example.com` : `${number}-${sent}@example.com`;
    const key: Record<string, string> = sent % 2 === 0 ? {} : { "idempotency-key": `"${number}-${sent}"` };
    for (let attempt = 1; attempt <= 5 && !isOver(); attempt++) {
      const answer = await post(scene, target.path, JSON.stringify({ email, firstname: `${sent}` }), {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        ...key,
      });
      ledger.count(`call ${answer?.status ?? "no answer"}`);
      if (answer?.status === 200) ledger.acknowledge(email, (answer.json as { hookgate_id: string }).hookgate_id, answer.reference);
      else if (answer?.status === 401) token = null;
      else if (answer && answer.status !== 503) ledger.break(`a call was answered ${answer.status}: ${answer.text}`);
      if (answer?.status === 200 || answer?.status === 401) break;
      await setTimeout(PAUSE);
    }
  }
}

async function revoke(scene: Scene): Promise<void> {
  const { ledger, target, isOver } = scene;
  while (!isOver()) {
    const token = await newToken(scene);
    if (token === null) continue;
    const { authorization } = target;
    const revoked = await post(scene, "/oauth2/revoke", new URLSearchParams({ token }), { authorization });
    ledger.count(`revocation ${revoked?.status ?? "no answer"}`);
    if (revoked?.status !== 200) continue;
    const revokedAt = performance.now();
    while (performance.now() < revokedAt + WATCH_REVOKED && !isOver()) {
      const begun = performance.now();
      const answer = await post(scene, target.path, "{}", { authorization: `Bearer ${token}`, "content-type": "application/json" });
      if (begun > revokedAt + REVOKED_AFTER) {
        ledger.count(`call with a token revoked more than a second ago ${answer?.status ?? "no answer"}`);
        if (answer && answer.status < 300) ledger.break(`a token was accepted ${Math.round(begun - revokedAt)} ms after its revocation`);
      }
      await setTimeout(PAUSE);
    }
  }
}

async function refresh(scene: Scene): Promise<void> {
  const { ledger, target, isOver } = scene;
  let token: string | null = null;
  let lostAt: number | null = null;
  while (!isOver()) {
    try {
      if (token === null) lostAt = null;
      token ??= await newRefreshToken(anyNode(scene).url, target);
    } catch {
      await setTimeout(PAUSE);
      continue;
    }
    const body = new URLSearchParams({ grant_type: "refresh_token", refresh_token: token });
    const begun = performance.now();
    const answer = await post(scene, "/oauth2/token", body, { authorization: target.authorization });
    ledger.count(`refresh ${answer?.status ?? "no answer"}`);
    // Without an answer the same token is sent again: that is what the grace of thirty seconds is for. After it, the token counts as copied.
    if (answer?.status === 200) {
      token = (answer.json as { refresh_token: string }).refresh_token;
      lostAt = null;
    } else if (answer?.status === 400) {
      if (lostAt === null || performance.now() < lostAt + REFRESH_GRACE) ledger.break(`a refresh token that was good is refused: ${answer.text}`);
      else ledger.count("refresh token used up by an answer that was lost more than thirty seconds ago");
      token = null;
    } else lostAt ??= begun;
    await setTimeout(PAUSE);
  }
}

async function newToken(scene: Scene): Promise<string | null> {
  const body = new URLSearchParams({ grant_type: "client_credentials", scope: "apps.webhook:execute" });
  const answer = await post(scene, "/oauth2/token", body, { authorization: scene.target.authorization });
  scene.ledger.count(`token ${answer?.status ?? "no answer"}`);
  if (answer?.status === 200) return (answer.json as { access_token: string }).access_token;
  await setTimeout(PAUSE);
  return null;
}

function anyNode({ nodes }: Scene): ChaosNode {
  return nodes[Math.floor(Math.random() * nodes.length)]!;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly json: unknown;
  readonly reference: string;
}

/** To any node, as a load balancer would; null when none came. */
async function post(scene: Scene, path: string, body: string | URLSearchParams, headers: Record<string, string>): Promise<Answer | null> {
  try {
    const response = await fetch(anyNode(scene).url + path, { method: "POST", headers, body, signal: AbortSignal.timeout(PATIENCE) });
    const text = await response.text();
    judge(scene.ledger, path, response, text);
    return { status: response.status, text, json: JSON.parse(text), reference: response.headers.get("hookgate-reference") ?? "" };
  } catch {
    return null;
  }
}

/** RFC 9457 for calls, RFC 6749 section 5.2 for the rest; both with a time to come back. */
const NOT_NOW = {
  hooks: ["application/problem+json", '"type":"urn:hookgate:problem:not-now"'],
  oauth2: ["application/json", '"error":"temporarily_unavailable"'],
} as const;

/** Whatever happens, an answer is none that says that the program is at fault, and one that says "not now" says it as a program reads it. */
function judge(ledger: Ledger, path: string, { status, headers }: Response, text: string): void {
  if (status >= 500 && status !== 503) ledger.break(`${path} was answered ${status}: ${text}`);
  if (status !== 503) return;
  const [type, content] = path.startsWith("/hooks/") ? NOT_NOW.hooks : NOT_NOW.oauth2;
  if (headers.get("content-type") !== type || !text.includes(content)) ledger.break(`${path} was answered 503 with ${headers.get("content-type")}: ${text}`);
  if (!/^\d+$/.test(headers.get("retry-after") ?? "")) ledger.break(`${path} was answered 503 without Retry-After`);
}
