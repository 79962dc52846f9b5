import type { ComponentChildren } from "preact";
import { Icon, Sign } from "./parts/icon.tsx";
import { Notice } from "./parts/notice.tsx";
import { Form } from "./parts/form.tsx";
import { usePage } from "./render.tsx";

interface DocumentProps {
  readonly title: string;
  readonly islands: readonly string[];
  /** Without JavaScript a page that waits for something loads itself again after so many seconds. */
  readonly reloadWithoutScript?: number | undefined;
  readonly children: ComponentChildren;
}

function Document({ title, islands, reloadWithoutScript, children }: DocumentProps) {
  const { asset } = usePage();
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`${title} · Hookgate`}</title>
        <link rel="icon" href={asset("icon.svg")} type="image/svg+xml" />
        <link rel="preload" href={asset("inter.woff2")} as="font" type="font/woff2" crossOrigin="anonymous" />
        <link rel="stylesheet" href={asset("console.css")} />
        {["copy.js", ...islands].map((name) => (
          <script type="module" src={asset(name)} />
        ))}
        {reloadWithoutScript !== undefined && (
          <noscript>
            <meta http-equiv="refresh" content={String(reloadWithoutScript)} />
          </noscript>
        )}
      </head>
      <body>{children}</body>
    </html>
  );
}

interface ConsolePageProps {
  readonly title: string;
  /** One sentence: what this page is for. */
  readonly intro?: ComponentChildren;
  /** The one primary action of the page, at the right of the title. */
  readonly action?: ComponentChildren;
  /** The way up, below the second level only. */
  readonly breadcrumb?: { readonly href: string; readonly label: string };
  /** Names of scripts of `web/islands`, for pages that move. */
  readonly islands?: readonly string[];
  readonly reloadWithoutScript?: number;
  readonly children: ComponentChildren;
}

/** A page of the console, with the menu. Needs a viewer. */
export function ConsolePage({ title, intro, action, breadcrumb, islands = [], reloadWithoutScript, children }: ConsolePageProps) {
  const { notice } = usePage();
  return (
    <Document title={title} islands={islands} reloadWithoutScript={reloadWithoutScript}>
      <a class="skip-link" href="#content">
        Skip to content
      </a>
      <div class="frame">
        <Menu />
        <main id="content" class="content">
          {breadcrumb && (
            <nav class="breadcrumb" aria-label="Breadcrumb">
              <a href={breadcrumb.href}>
                <Sign name="back" />
                {breadcrumb.label}
              </a>
            </nav>
          )}
          <header class="page-header">
            <div>
              <h1>{title}</h1>
              {intro && <p class="intro">{intro}</p>}
            </div>
            {action && <div class="page-action">{action}</div>}
          </header>
          {notice && <Notice kind="done">{notice}</Notice>}
          {children}
        </main>
      </div>
    </Document>
  );
}

function Menu() {
  const { viewer, navigation, path } = usePage();
  if (!viewer) throw new Error("A console page needs a viewer.");
  const entries = (
    <>
      <ul class="menu-entries">
        {navigation
          .filter((entry) => entry.visible(viewer))
          .map((entry) => (
            <li>
              <a href={entry.href} aria-current={path === entry.href || path.startsWith(`${entry.href}/`) ? "page" : undefined}>
                <Icon name={entry.icon} />
                {entry.label}
              </a>
            </li>
          ))}
      </ul>
      <div class="menu-user">
        <a class="menu-user-link" href="/account" aria-current={path === "/account" ? "page" : undefined}>
          <span class="menu-user-name">{viewer.userName}</span>
          <span class="menu-user-email">{viewer.email}</span>
        </a>
        <Form action="/sign-out">
          <button class="link-button" type="submit">
            Sign out
          </button>
        </Form>
      </div>
    </>
  );
  return (
    <header class="menu">
      <div class="menu-inner">
        <div class="menu-head">
          <a class="wordmark" href="/">
            <Mark />
            Hookgate
          </a>
          <span class="menu-brand">{viewer.brandName}</span>
        </div>
        <nav class="menu-wide" aria-label="Main">
          {entries}
        </nav>
        <details class="menu-narrow">
          <summary>
            <Sign name="menu" />
            Menu
          </summary>
          <nav aria-label="Main">{entries}</nav>
        </details>
      </div>
    </header>
  );
}

/** The sign of the product: an h that is a gate and ends in a hook; `assets/icon.svg` is the same. */
function Mark() {
  return (
    <svg class="wordmark-sign" viewBox="0 0 32 32" width="20" height="20" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="currentColor" />
      <path d="M9.5 25V7m0 11.5a5.75 5.75 0 0 1 11.5 0v3.25a3 3 0 0 0 3 3" fill="none" stroke="#fff" stroke-width="3.25" stroke-linecap="round" />
    </svg>
  );
}

interface PlainPageProps {
  readonly title: string;
  readonly islands?: readonly string[];
  readonly children: ComponentChildren;
}

/** A page without menu, a card in the middle: sign-in, set-up, consent, errors for strangers. The children bring their own `h1`. */
export function PlainPage({ title, islands = [], children }: PlainPageProps) {
  const { notice } = usePage();
  return (
    <Document title={title} islands={islands}>
      <main class="plain">
        <p class="wordmark">
          <Mark />
          Hookgate
        </p>
        <div class="card">
          {notice && <Notice kind="done">{notice}</Notice>}
          {children}
        </div>
      </main>
    </Document>
  );
}
