/** Where the walk is shown: drawn on a terminal, plain lines where there is none (a pipe, a log, a test). */
import { intro, log, outro, progress } from "@clack/prompts";

export interface DemoScreen {
  begin(title: string): void;
  /** A step that is over: its title, what was sent and answered, and whether it did what it should. */
  step(title: string, lines: readonly string[], outcome: "done" | "failed"): void;
  /** Work of so many equal parts; `advance` is called once for each. */
  progress(title: string, parts: number): Progress;
  end(lines: readonly string[]): void;
}

interface Progress {
  advance(): void;
  /** Takes the bar away; what came of it is shown as a step. */
  close(): void;
}

export function openDemoScreen(output: NodeJS.WriteStream): DemoScreen {
  return output.isTTY ? terminalScreen() : plainScreen((line) => output.write(`${line}\n`));
}

function terminalScreen(): DemoScreen {
  return {
    begin: (title) => intro(title),
    step: (title, lines, outcome) => (outcome === "done" ? log.step : log.error)([title, ...lines].join("\n")),
    progress(title, parts) {
      const bar = progress({ max: parts });
      bar.start(title);
      return { advance: () => bar.advance(), close: () => bar.clear() };
    },
    end: (lines) => outro(lines.join("\n   ")),
  };
}

export function plainScreen(writeLine: (line: string) => void): DemoScreen {
  return {
    begin: writeLine,
    step(title, lines, outcome) {
      writeLine("");
      writeLine(outcome === "done" ? title : `${title} (failed)`);
      for (const line of lines) writeLine(`  ${line}`);
    },
    progress(title, parts) {
      // A line for each tenth: enough to see that it moves, in a log too.
      const tenth = Math.ceil(parts / 10);
      let done = 0;
      writeLine("");
      return {
        advance() {
          done += 1;
          if (done % tenth === 0) writeLine(`${title}: ${done} of ${parts}`);
        },
        close() {},
      };
    },
    end(lines) {
      writeLine("");
      for (const line of lines) writeLine(line);
    },
  };
}
