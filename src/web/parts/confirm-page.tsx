import type { ComponentChildren } from "preact";
import { ConsolePage } from "../layout.tsx";
import { Form, FormActions, LinkButton, SubmitButton } from "./form.tsx";

interface ConfirmPageProps {
  /** A question that names the thing: "Delete “Shop sync”?" */
  readonly title: string;
  readonly breadcrumb?: { readonly href: string; readonly label: string };
  /** What stops working, one line each. */
  readonly consequences: readonly ComponentChildren[];
  /** What stays as it is, where people would worry. */
  readonly stays?: ComponentChildren;
  /** Where the form posts. */
  readonly action: string;
  /** The button repeats the verb and the thing: "Delete application". */
  readonly verb: string;
  readonly cancelHref: string;
  /** Switching something off that can be switched on again; says nothing of "cannot be undone" then. */
  readonly canBeUndone?: boolean;
  /** Fields or hidden values that the form posts along. */
  readonly children?: ComponentChildren;
}

/** The page before something that cannot be undone, or that stops what works: names the thing and says what stops working. A whole page, so it works without JavaScript. */
export function ConfirmPage({ title, breadcrumb, consequences, stays, action, verb, cancelHref, canBeUndone = false, children }: ConfirmPageProps) {
  return (
    <ConsolePage title={title} {...(breadcrumb && { breadcrumb })}>
      <Form action={action} class="confirm">
        <p>{canBeUndone ? "From that moment on:" : "This cannot be undone. From that moment on:"}</p>
        <ul class="consequences">
          {consequences.map((consequence) => (
            <li>{consequence}</li>
          ))}
        </ul>
        {stays && <p>{stays}</p>}
        {children}
        <FormActions>
          <SubmitButton kind={canBeUndone ? "primary" : "danger"}>{verb}</SubmitButton>
          <LinkButton href={cancelHref}>Cancel</LinkButton>
        </FormActions>
      </Form>
    </ConsolePage>
  );
}
