import type { ComponentChildren } from "preact";
import { Sign } from "./icon.tsx";

/** One line: what happened and what to do. */
export function Notice({ kind, children }: { readonly kind: "done" | "warning" | "error"; readonly children: ComponentChildren }) {
  return (
    <div class={`notice notice-${kind}`} role={kind === "done" ? "status" : "alert"}>
      <Sign name={kind === "done" ? "done" : "alert"} />
      <div>{children}</div>
    </div>
  );
}
