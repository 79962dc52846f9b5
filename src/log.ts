import { pino, stdSerializers, type Logger } from "pino";
import SonicBoom from "sonic-boom";
import type { LogLevel } from "./config.ts";
import { originalStack } from "./lib/original-stack.ts";

/** Bytes of lines that wait while nobody takes them; what comes on top is left out. */
const MOST_WAITING = 16 * 1024 * 1024;

/**
 * Standard output, written to beside the event loop. A reader that has gone or a disk that is full costs lines of the log and
 * nothing else: there is nobody left to tell.
 */
const output = new SonicBoom({ fd: 1, sync: false, maxLength: MOST_WAITING });
output.on("error", () => {});
process.on("exit", () => {
  try {
    output.flushSync();
  } catch {
    // As above.
  }
});

/** JSON lines on standard output of the process that serves. Headers that carry credentials never get in, wherever they hang. */
export function createLog(level: LogLevel): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: ["req.headers.authorization", "req.headers.cookie", "headers.authorization", "headers.cookie", "*.clientSecret", "*.password"],
        censor: "[removed]",
      },
      serializers: {
        req: (request: { method: string; url: string }) => ({ method: request.method, path: request.url.split("?", 1)[0] }),
        err: (error: unknown) => (error instanceof Error ? errorOf(error) : error),
      },
    },
    output,
  );
}

function errorOf(error: Error): object {
  const told = stdSerializers.err(error);
  return { ...told, stack: originalStack(told.stack) };
}
