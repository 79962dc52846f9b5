/** Shows on a terminal how far a copy is; anywhere else nothing is said but the result. */
import { progress } from "@clack/prompts";
import type { CopyProgress } from "../store/copy/copy-store.ts";

/** The bar is taken away before the result, or the failure, is printed. */
export async function withCopyProgress<Result>(
  isSilent: boolean | undefined,
  title: string,
  work: (progress: CopyProgress) => Promise<Result>,
): Promise<Result> {
  if (isSilent || !process.stdout.isTTY) return work({ begin() {}, advance() {} });
  let bar: ReturnType<typeof progress> | null = null;
  try {
    return await work({
      begin(rows) {
        bar = progress({ max: Math.max(rows, 1) });
        bar.start(title);
      },
      advance: (table, rows) => bar?.advance(rows, `${title} ${table}`),
    });
  } finally {
    (bar as ReturnType<typeof progress> | null)?.clear();
  }
}
