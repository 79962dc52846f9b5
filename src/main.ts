/** The program's entry: a command line in, an exit status out. Standard output is left to drain, so nothing that was printed is cut off. */
import { runProgram } from "./commands/program.ts";

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // The reader has gone (`hookgate customer list | head`): nobody is left to tell. A server serves on, here too.
  if (error.code === "EPIPE") return;
  process.stderr.write(`hookgate: Standard output takes nothing: ${error.message}\n`);
  process.exitCode = 1;
});
const status = await runProgram(process.argv);
process.exitCode ??= status;
