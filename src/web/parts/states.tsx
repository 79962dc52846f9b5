import type { ComponentChildren } from "preact";
import { LinkButton } from "./form.tsx";
import { Sign } from "./icon.tsx";
import { usePage } from "../render.tsx";

/** A dot and a word: a state is never told by colour alone. */
export function StatusPill({ kind, children }: { readonly kind: "good" | "waiting" | "bad" | "neutral"; readonly children: ComponentChildren }) {
  return (
    <span class={`pill pill-${kind}`}>
      <span class="pill-dot" aria-hidden="true" />
      {children}
    </span>
  );
}

/** What an empty page says: one sentence and one button. */
export function EmptyState({
  children,
  action,
}: {
  readonly children: ComponentChildren;
  readonly action?: { readonly href: string; readonly label: string };
}) {
  return (
    <div class="empty-state">
      <p>{children}</p>
      {action && (
        <LinkButton href={action.href} kind="primary">
          {action.label}
        </LinkButton>
      )}
    </div>
  );
}

/** A moment: relative in words, exact on hover and for machines. */
export function Time({ at }: { readonly at: number }) {
  const { now } = usePage();
  const iso = new Date(at).toISOString();
  return (
    <time dateTime={iso} title={`${iso.slice(0, 19).replace("T", " ")} UTC`}>
      {relativeTime(at, now)}
    </time>
  );
}

const UNITS = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
] as const;
const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

function relativeTime(at: number, now: number): string {
  const seconds = (at - now) / 1_000;
  for (const [unit, length] of UNITS) {
    if (Math.abs(seconds) >= length) return RELATIVE.format(Math.trunc(seconds / length), unit);
  }
  return "just now";
}

interface Step {
  readonly label: string;
  /** Where the step's page is; null while it cannot be opened yet. */
  readonly href: string | null;
  readonly done: boolean;
}

/** The steps of a wizard: numbers, names, done marks; each a real address. */
export function Stepper({ steps, current }: { readonly steps: readonly Step[]; readonly current: number }) {
  return (
    <ol class="stepper" aria-label="Steps">
      {steps.map((step, index) => (
        <li class={index === current ? "step step-current" : step.done ? "step step-done" : "step"} aria-current={index === current ? "step" : undefined}>
          <StepLink href={index === current ? null : step.href}>
            <span class="step-number" aria-hidden="true">
              {step.done && index !== current ? <Sign name="done" /> : index + 1}
            </span>
            <span class="step-name">{step.label}</span>
          </StepLink>
          {step.done && <span class="visually-hidden"> (done)</span>}
        </li>
      ))}
    </ol>
  );
}

function StepLink({ href, children }: { readonly href: string | null; readonly children: ComponentChildren }) {
  return href === null ? (
    <span class="step-link">{children}</span>
  ) : (
    <a class="step-link" href={href}>
      {children}
    </a>
  );
}
