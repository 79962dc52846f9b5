/** The load generator, a process of its own so that it can have a core of its own. It does what it is told over IPC (`load.ts`). */
import { quantileOf } from "./statistics.ts";
import { COUNT_DIGITS, type GeneratorOrder, type GeneratorReply, type RequestPlan, type Slice, type SliceResult, type Target } from "./load.ts";
import { LoadConnection, type Answer } from "./load-connection.ts";

/** How often a slow connection sends its next byte, in milliseconds. */
const SLOW_BYTE = 100;

/** Numbers of `count` start here, so that they have all their digits; they are never used twice, whatever the target. */
let count = 10 ** (COUNT_DIGITS - 1);

class OpenTarget {
  readonly #plan: RequestPlan;
  readonly #connections: LoadConnection[] = [];
  readonly #slow: LoadConnection[] = [];
  /** The next value of each connection of a chain. */
  readonly #chained = new Map<LoadConnection, string>();
  #nextValue = 0;
  #slowTimer: NodeJS.Timeout | undefined;
  #fail: (error: Error) => void = () => {};

  constructor(plan: RequestPlan) {
    this.#plan = plan;
  }

  async open({ port, connections, slowConnections }: Target): Promise<void> {
    const onFailure = (error: Error) => this.#fail(error);
    for (let index = 0; index < connections; index++) {
      const connection = await LoadConnection.open(port, onFailure);
      this.#connections.push(connection);
      if (this.#plan.values.kind === "chain") this.#chained.set(connection, this.#plan.values.first[index]!);
    }
    // Their servers may give up on them: that is their good right.
    for (let index = 0; index < slowConnections; index++) this.#slow.push(await LoadConnection.open(port, () => {}));
    if (slowConnections > 0) this.#sendSlowly(`POST /oauth2/token HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX-Slow: `);
  }

  close(): void {
    clearInterval(this.#slowTimer);
    for (const connection of [...this.#connections, ...this.#slow]) connection.close();
  }

  /** Rejects at the first answer that is not what the plan expects. */
  run(slice: Slice): Promise<SliceResult> {
    return new Promise((resolve, reject) => {
      this.#fail = reject;
      const load = new RunningLoad(slice, this.#connections, (connection) => this.#requestFor(connection));
      load.run((connection, answer) => this.#check(connection, answer), resolve, reject);
    });
  }

  #requestFor(connection: LoadConnection): string {
    const { parts, values } = this.#plan;
    switch (values.kind) {
      case "fixed":
        return parts[0]!;
      case "count":
        return parts.join(String(count++));
      case "chain":
        return parts.join(this.#chained.get(connection));
      case "cycle":
        return parts.join(values.values[this.#nextValue++ % values.values.length]);
      default:
        if (this.#nextValue === values.values.length) throw new Error("The values that can be used once are used up.");
        return parts.join(values.values[this.#nextValue++]);
    }
  }

  #check(connection: LoadConnection, { status, head, body }: Answer): void {
    const plan = this.#plan;
    if (status !== plan.status) throw new Error(`An answer has the status ${status} instead of ${plan.status}:\n${head}\n\n${body.toString("utf8", 0, 500)}`);
    if (plan.values.kind !== "chain") return;
    const { member } = plan.values;
    const text = body.toString("latin1");
    const start = text.indexOf(`"${member}":"`) + member.length + 4;
    this.#chained.set(connection, text.slice(start, text.indexOf('"', start)));
  }

  #sendSlowly(head: string): void {
    for (const connection of this.#slow) connection.send(head, () => {});
    this.#slowTimer = setInterval(() => {
      for (const connection of this.#slow) connection.send("x", () => {});
    }, SLOW_BYTE);
  }
}

/** One slice while it runs. Latencies go into one array, so that measuring costs next to nothing. */
class RunningLoad {
  readonly #slice: Slice;
  readonly #idle: LoadConnection[];
  readonly #requestFor: (connection: LoadConnection) => string;
  readonly #latencies: number[] = [];
  #sent = 0;
  #underWay = 0;
  #startedAt = 0;
  #isOver = false;

  constructor(slice: Slice, connections: readonly LoadConnection[], requestFor: (connection: LoadConnection) => string) {
    this.#slice = slice;
    this.#idle = [...connections];
    this.#requestFor = requestFor;
  }

  run(check: (connection: LoadConnection, answer: Answer) => void, resolve: (result: SliceResult) => void, reject: (error: Error) => void): void {
    const cpu = process.cpuUsage();
    this.#startedAt = performance.now();
    const end = () => {
      const used = process.cpuUsage(cpu);
      resolve(this.#resultAt(performance.now(), used.user + used.system));
    };
    const send = (connection: LoadConnection, dueAt: number) => {
      this.#sent += 1;
      this.#underWay += 1;
      connection.send(this.#requestFor(connection), (answer) => {
        try {
          check(connection, answer);
          const now = performance.now();
          this.#latencies.push((now - dueAt) * 1_000);
          this.#underWay -= 1;
          if (!this.#mayGoOn(now)) {
            if (this.#underWay === 0) end();
          } else if (this.#slice.rate === null) send(connection, now);
          else this.#idle.push(connection);
        } catch (error) {
          reject(error as Error);
        }
      });
    };
    if (this.#slice.rate === null) for (const connection of this.#idle) send(connection, this.#startedAt);
    else this.#sendAtRate(this.#slice.rate, send, end);
  }

  /** Independent callers: the gaps between arrivals are exponential. One that finds no idle connection waits, and its waiting counts. */
  #sendAtRate(rate: number, send: (connection: LoadConnection, dueAt: number) => void, end: () => void): void {
    let dueAt = this.#startedAt;
    const turn = () => {
      const now = performance.now();
      while (dueAt <= now && this.#idle.length > 0 && this.#mayGoOn(now)) {
        send(this.#idle.pop()!, dueAt);
        dueAt += (-Math.log(1 - Math.random()) * 1_000) / rate;
      }
      if (this.#mayGoOn(now)) setImmediate(turn);
      else if (this.#underWay === 0) end();
    };
    turn();
  }

  #mayGoOn(now: number): boolean {
    this.#isOver ||= now - this.#startedAt >= this.#slice.milliseconds || this.#sent >= this.#slice.requests;
    return !this.#isOver;
  }

  #resultAt(now: number, cpuMicroseconds: number): SliceResult {
    const seconds = (now - this.#startedAt) / 1_000;
    const ordered = Float64Array.from(this.#latencies).toSorted();
    return {
      requests: ordered.length,
      seconds,
      p50: quantileOf(ordered, 0.5),
      p99: quantileOf(ordered, 0.99),
      slowest: quantileOf(ordered, 1),
      generatorBusy: cpuMicroseconds / 1e6 / seconds,
    };
  }
}

const targets: OpenTarget[] = [];

async function obey(order: GeneratorOrder): Promise<GeneratorReply> {
  if (order.order === "open") {
    const target = new OpenTarget(order.target.plan);
    targets.push(target);
    await target.open(order.target);
    return { reply: "opened", connectionsOf: targets.length - 1 };
  }
  const target = targets[order.connectionsOf]!;
  if (order.order === "run") return { reply: "ran", result: await target.run(order.slice) };
  target.close();
  return { reply: "closed" };
}

process.on("message", (order: GeneratorOrder) => {
  void obey(order)
    .catch((error: Error): GeneratorReply => ({ reply: "failed", problem: error.message }))
    .then((reply) => process.send?.(reply));
});
process.on("disconnect", () => process.exit());
