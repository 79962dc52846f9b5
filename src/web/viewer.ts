/** Who looks at a page, as far as the web kit must know it. The identity module fills it in for each request. */
export interface Viewer {
  readonly userId: string;
  readonly userName: string;
  readonly email: string;
  readonly isAdmin: boolean;
  readonly brandId: string;
  readonly brandName: string;
  /** The apps of the store that are active in the brand. */
  readonly modules: ReadonlySet<string>;
}

/** An entry of the left menu; each module brings its own, `server.ts` puts them in order. */
export interface NavigationEntry {
  readonly href: string;
  readonly label: string;
  readonly icon: IconName;
  visible(viewer: Viewer): boolean;
}

export type IconName = "store" | "webhooks" | "customers" | "calls" | "applications" | "users" | "settings";
