import type { ComponentChildren } from "preact";

interface SectionProps {
  readonly title: string;
  /** One or two sentences: what stands here and what it is for. */
  readonly intro?: ComponentChildren;
  /** A button or link that belongs to this section only. */
  readonly action?: ComponentChildren;
  /** Makes the section reachable as `#id`. */
  readonly id?: string;
  readonly children?: ComponentChildren;
}

/** A part of a page under a heading of its own. */
export function Section({ title, intro, action, id, children }: SectionProps) {
  return (
    <section class="section" id={id}>
      <header class="section-header">
        <div>
          <h2>{title}</h2>
          {intro && <p class="intro">{intro}</p>}
        </div>
        {action && <div class="section-action">{action}</div>}
      </header>
      {children}
    </section>
  );
}

/** Its children side by side, one under the other where the screen is narrow. `main-aside` gives the first two thirds. */
export function Columns({ layout = "equal", children }: { readonly layout?: "equal" | "main-aside"; readonly children: ComponentChildren }) {
  return <div class={`columns columns-${layout}`}>{children}</div>;
}
