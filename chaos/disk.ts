/** Where the data of a run lies, and what happens to the disk below it. Needs root, and `strace` for errors that a sound disk never gives. */
import { execFileSync, spawn } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { ChaosNode } from "./node.ts";

const MEBIBYTE = 1024 * 1024;
/** Room for the database and its write-ahead log with a minute of load, in MiB. */
const SIZE = 128;

/** A directory for the data; gone, with all that is in it, after `remove`. */
export interface Disk {
  readonly directory: string;
  readonly remove: () => void;
}

export function plainDirectory(): Disk {
  const directory = mkdtempSync(join(tmpdir(), "hookgate-faults-"));
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

/** A file system in memory of its own size. */
export function memoryDisk(): Disk {
  return mounted((directory) => execFileSync("mount", ["-t", "tmpfs", "-o", `size=${SIZE}m`, "tmpfs", directory]));
}

/** A file with an ext4 in it, which the kernel makes read-only when an error was found, as on most servers. */
export function imageDisk(): Disk & { readonly image: string } {
  const { directory: place, remove: removePlace } = plainDirectory();
  const image = join(place, "image");
  writeFileSync(image, "");
  execFileSync("truncate", ["-s", `${SIZE}M`, image]);
  execFileSync("mkfs.ext4", ["-q", image]);
  const { directory, remove } = mounted((at) => mountImage(image, at));
  return {
    directory,
    image,
    remove: () => {
      remove();
      removePlace();
    },
  };
}

function mountImage(image: string, directory: string): void {
  execFileSync("mount", ["-o", "loop,errors=remount-ro", image, directory]);
}

function mounted(mount: (directory: string) => void): Disk {
  const { directory: outer, remove } = plainDirectory();
  const directory = join(outer, "disk");
  mkdirSync(directory);
  mount(directory);
  return {
    directory,
    remove: () => {
      execFileSync("umount", [directory]);
      remove();
    },
  };
}

/** What ends a fault. */
export type End = () => Promise<void>;

/** In milliseconds. */
const FORCE_AFTER = 2_000;

/** System calls of the process fail, as long as `strace` holds it. `which`: of these calls, as strace's `when=` has it. */
export async function failCalls(pid: number, calls: string, error: string, which = "1+"): Promise<End> {
  const tracer = spawn("strace", ["-f", "-o", "/dev/null", "-p", String(pid), "-e", `trace=${calls}`, "-e", `inject=${calls}:error=${error}:when=${which}`], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = new Promise<void>((resolve) => tracer.once("close", () => resolve()));
  await new Promise<void>((resolve, reject) => {
    let said = "";
    tracer.once("error", reject);
    tracer.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (said.includes(" attached")) resolve();
    });
    void ended.then(() => reject(new Error(`strace has ended: ${said}`)));
  });
  return async () => {
    tracer.kill("SIGINT");
    // Of a process that was killed meanwhile it may await the end for ever, which comes only when the tracer itself is gone.
    const force = setTimeout(() => tracer.kill("SIGKILL"), FORCE_AFTER);
    await ended;
    clearTimeout(force);
  };
}

/** No file may grow beyond what it has now or is written beyond its first bytes (EFBIG): what `ulimit -f` does. */
export async function limitFiles(pid: number): Promise<End> {
  const limit = (bytes: string) => execFileSync("prlimit", ["--pid", String(pid), `--fsize=${bytes}:`]);
  limit("4096");
  return async () => void limit("unlimited");
}

/** Takes all the room that is left, to the last byte. */
export async function fillDisk(directory: string): Promise<End> {
  const filler = join(directory, "filler");
  const file = openSync(filler, "w");
  for (let size = MEBIBYTE; size >= 1;) {
    try {
      if (writeSync(file, Buffer.alloc(size)) < size) size = Math.floor(size / 2);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      size = Math.floor(size / 2);
    }
  }
  closeSync(file);
  return async () => rmSync(filler);
}

/** The kernel finds an error and makes the file system read-only under the running server; whoever runs it then stops it, has it checked and mounts it again. */
export async function breakImage({ directory, image }: { readonly directory: string; readonly image: string }, node: ChaosNode): Promise<End> {
  const device = readFileSync("/proc/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" "))
    .find(([, at]) => at === directory)![0]!;
  writeFileSync(`/sys/fs/ext4/${basename(device)}/trigger_fs_error`, "1");
  return async () => {
    await node.stop();
    execFileSync("umount", [directory]);
    try {
      execFileSync("e2fsck", ["-fy", image], { stdio: "ignore" });
    } catch (error) {
      // 1: what was wrong is mended.
      if ((error as { status?: number }).status !== 1) throw error;
    }
    mountImage(image, directory);
    node.start();
  };
}
