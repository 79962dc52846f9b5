interface ChoiceLink {
  readonly href: string;
  readonly label: string;
  readonly isCurrent: boolean;
}

/** A few views of one thing, side by side; each a real address. */
export function ChoiceLinks({ label, links }: { readonly label: string; readonly links: readonly ChoiceLink[] }) {
  return (
    <nav class="choice-links" aria-label={label}>
      {links.map((link) => (
        <a href={link.href} aria-current={link.isCurrent ? "true" : undefined}>
          {link.label}
        </a>
      ))}
    </nav>
  );
}
