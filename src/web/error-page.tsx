import { PlainPage } from "./layout.tsx";
import type { PageError } from "./page-error.ts";
import { LinkButton } from "./parts/form.tsx";

/** What happened, what to do now, the reference: in this order. */
export function ErrorPage({ error, reference }: { readonly error: PageError; readonly reference: string }) {
  return (
    <PlainPage title={error.whatHappened}>
      <h1>{error.whatHappened}</h1>
      <p>{error.whatToDo}</p>
      <p class="reference">
        Reference <code>{reference}</code>
      </p>
      <LinkButton href="/">Go to the console</LinkButton>
    </PlainPage>
  );
}
