import type { IconName } from "../viewer.ts";

/** Line icons on a 16 px grid, drawn for this project. */
const PATHS: Readonly<Record<IconName, string>> = {
  store: "M2.5 6.5 3.5 2.5h9l1 4M2.5 6.5v7h11v-7M2.5 6.5a1.8 1.8 0 0 0 3.6 0 1.9 1.9 0 0 0 3.8 0 1.8 1.8 0 0 0 3.6 0M6.5 13.5v-3.5h3v3.5",
  webhooks: "M10.5 4.75v5.5a3.5 3.5 0 0 1-7 0V7.5l2.5 2.5M10.5 4.75a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3Z",
  customers: "M8 8a2.75 2.75 0 1 0 0-5.5A2.75 2.75 0 0 0 8 8ZM2.5 13.5a5.5 4 0 0 1 11 0",
  calls: "M2.5 4h11M2.5 8h7M2.5 12h9M12 6.5 13.5 8 12 9.5",
  applications: "M2.5 2.5h4.5v4.5H2.5zM9 2.5h4.5v4.5H9zM2.5 9h4.5v4.5H2.5zM11.25 9v4.5M9 11.25h4.5",
  users: "M6 7.5A2.25 2.25 0 1 0 6 3a2.25 2.25 0 0 0 0 4.5ZM1.5 13a4.5 3.5 0 0 1 9 0M10.5 3.2a2.25 2.25 0 0 1 0 4.1M12 9.8a4.3 4.3 0 0 1 2.5 3.2",
  settings:
    "M2.5 4.5h5M11 4.5h2.5M9.25 6.25a1.75 1.75 0 1 0 0-3.5 1.75 1.75 0 0 0 0 3.5ZM2.5 11.5H5M8.5 11.5h5M6.75 13.25a1.75 1.75 0 1 0 0-3.5 1.75 1.75 0 0 0 0 3.5Z",
};

export function Icon({ name }: { readonly name: IconName }) {
  return <Drawing path={PATHS[name]} />;
}

/** Signs beside words: what was done, what needs a look, the way back, a menu. */
const SIGNS = {
  done: "M3 8.5 6.5 12 13 4.5",
  alert: "M8 2.5 14.5 13.5h-13ZM8 6.5v3.25M8 11.5v.25",
  back: "M9.5 3.5 5 8l4.5 4.5",
  menu: "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
} as const;

export function Sign({ name }: { readonly name: keyof typeof SIGNS }) {
  return <Drawing path={SIGNS[name]} />;
}

function Drawing({ path }: { readonly path: string }) {
  return (
    <svg
      class="icon"
      viewBox="0 0 16 16"
      width="16"
      height="16"
      fill="none"
      stroke="currentColor"
      stroke-width="1.25"
      stroke-linejoin="round"
      stroke-linecap="round"
      aria-hidden="true"
    >
      <path d={path} />
    </svg>
  );
}
