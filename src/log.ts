import { pino, stdSerializers, type Logger } from "pino";
import type { LogLevel } from "./config.ts";
import { originalStack } from "./lib/original-stack.ts";

/** JSON lines on standard output of the process that serves. Headers that carry credentials never get in, wherever they hang. */
export function createLog(level: LogLevel): Logger {
  return pino({
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
  });
}

function errorOf(error: Error): object {
  const told = stdSerializers.err(error);
  return { ...told, stack: originalStack(told.stack) };
}
