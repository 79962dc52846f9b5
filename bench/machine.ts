/** What the machine says about itself and its processes: cores, CPU time, memory. Linux only, because only Linux says it so exactly. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";

export interface Pinning {
  /** What stands before a command line that is to run on the core; empty where the machine cannot pin. */
  readonly server: readonly string[];
  readonly generator: readonly string[];
  /** One sentence for the report. */
  readonly description: string;
}

/** Server and load generator on different cores, so that neither takes time from the other. */
export function choosePinning(): Pinning {
  const canPin = spawnSync("taskset", ["-V"]).status === 0;
  const cores = coresOfThisProcess();
  const [first, second] = cores;
  if (!canPin || first === undefined || second === undefined) {
    return { server: [], generator: [], description: "Server and load generator were not pinned: that takes two cores and the program taskset." };
  }
  return {
    server: ["taskset", "-c", String(first)],
    generator: ["taskset", "-c", String(second)],
    description: `Server pinned to core ${first}, load generator to core ${second}.`,
  };
}

/** From a list such as `0-3,8`. */
function coresOfThisProcess(): readonly number[] {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "";
  return list.split(",").flatMap((range) => {
    const [from = Number.NaN, to = from] = range.split("-").map(Number);
    return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  });
}

export function describeMachine(): string {
  return `${availableParallelism()} cores (${cpus()[0]?.model ?? "unknown"}), Node ${process.versions.node}`;
}

/** CPU time of all threads of a process so far, in microseconds, as the scheduler has counted it in nanoseconds. */
export function cpuTimeOf(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const nanoseconds = threads.map((thread) => Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ", 1)[0]));
  return nanoseconds.reduce((sum, time) => sum + time, 0) / 1_000;
}

/** Resident memory of a process in MB: now, and the most since `forgetPeakOf`. */
export function memoryOf(pid: number): { readonly now: number; readonly peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const megabytes = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+) kB$`, "m").exec(status)?.[1]) / 1_024;
  return { now: megabytes("VmRSS"), peak: megabytes("VmHWM") };
}

export function forgetPeakOf(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
}

/** CPU time that the whole machine has worked, in microseconds, to see how much of it was somebody else's. In steps of a hundredth of a second. */
export function machineCpuTime(): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = (/^cpu +(.+)$/m.exec(readFileSync("/proc/stat", "utf8"))?.[1] ?? "")
    .split(" ")
    .map(Number);
  return (user + nice + system + irq + softirq) * 10_000;
}
