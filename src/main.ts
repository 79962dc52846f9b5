/** The program's entry: a command line in, an exit status out. Standard output is left to drain, so nothing that was printed is cut off. */
import { runProgram } from "./commands/program.ts";

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // The reader has gone (`hookgate customer list | head`): nobody is left to tell.
  if (error.code === "EPIPE") process.exit();
  throw error;
});
process.exitCode = await runProgram(process.argv);
