import { LinkButton } from "./form.tsx";

export interface ChecklistItem {
  readonly title: string;
  readonly sentence: string;
  readonly done: boolean;
  readonly action: { readonly href: string; readonly label: string } | null;
}

/** Things to do in order. The first one that is not done carries the button; the others are there to be read. */
export function Checklist({ label, items }: { readonly label: string; readonly items: readonly ChecklistItem[] }) {
  const next = items.find((item) => !item.done);
  return (
    <ol class="checklist" aria-label={label}>
      {items.map((item, index) => (
        <li class={item.done ? "checklist-item checklist-done" : "checklist-item"} aria-current={item === next ? "step" : undefined}>
          <span class="step-number" aria-hidden="true">
            {item.done ? "✓" : index + 1}
          </span>
          <div class="checklist-text">
            <p class="checklist-title">
              {item.title}
              {item.done && <span class="visually-hidden"> (done)</span>}
            </p>
            <p class="hint">{item.sentence}</p>
          </div>
          {item === next && item.action && (
            <LinkButton href={item.action.href} kind="primary">
              {item.action.label}
            </LinkButton>
          )}
        </li>
      ))}
    </ol>
  );
}
