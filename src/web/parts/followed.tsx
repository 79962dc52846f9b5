/** What follows the server while somebody looks at it: `web/event-streams.ts` tells of changes, the island `follow.js` takes them in. */
import type { ComponentChildren } from "preact";

export const FOLLOW_ISLAND = "follow.js";

interface FollowedProps {
  /** The address of the stream, its parameters included. */
  readonly stream: string;
  /** The mark of what the page shows. */
  readonly seen: string;
  readonly children: ComponentChildren;
}

/** Says what a page waits for; the page is loaded again when it is there. Give it `reloadWithoutScript` as well. */
export function Waiting({ stream, seen, children }: FollowedProps) {
  return (
    <p class="waiting" role="status" data-stream={stream} data-seen={seen}>
      <span class="waiting-dot" aria-hidden="true" />
      {children}
    </p>
  );
}

interface FollowedListProps extends FollowedProps {
  /** The address that gives what is inside anew: a route with `isPart`. */
  readonly rows: string;
  /** What the switch is about, for people who do not see the list beside it. */
  readonly what: string;
}

/** A table, newest row first, that takes in what comes. Without scripts it is just the table. */
export function FollowedList({ stream, seen, rows, what, children }: FollowedListProps) {
  return (
    <div class="followed" data-stream={stream} data-seen={seen} data-rows={rows}>
      <div class="followed-bar" hidden>
        <button type="button" class="button button-plain followed-switch" aria-pressed="true">
          <span class="followed-dot" aria-hidden="true" />
          Live<span class="visually-hidden">: {what}</span>
        </button>
        <span class="followed-news" role="status" />
      </div>
      <div class="followed-rows">{children}</div>
    </div>
  );
}
