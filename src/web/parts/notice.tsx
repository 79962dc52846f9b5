import type { ComponentChildren } from "preact";

/** One line: what happened and what to do. */
export function Notice({ kind, children }: { readonly kind: "done" | "warning" | "error"; readonly children: ComponentChildren }) {
  return (
    <div class={`notice notice-${kind}`} role={kind === "done" ? "status" : "alert"}>
      <span class="notice-sign" aria-hidden="true">
        {kind === "done" ? "✓" : "!"}
      </span>
      <div>{children}</div>
    </div>
  );
}
