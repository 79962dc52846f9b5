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
  /** Fields or hidden values that the form posts along. */
  readonly children?: ComponentChildren;
}

/** The page before something that cannot be undone: names the thing and says what stops working. A whole page, so it works without JavaScript. */
export function ConfirmPage({ title, breadcrumb, consequences, stays, action, verb, cancelHref, children }: ConfirmPageProps) {
  return (
    <ConsolePage title={title} {...(breadcrumb && { breadcrumb })}>
      <Form action={action} class="confirm">
        <p>This cannot be undone. From that moment on:</p>
        <ul class="consequences">
          {consequences.map((consequence) => (
            <li>{consequence}</li>
          ))}
        </ul>
        {stays && <p>{stays}</p>}
        {children}
        <FormActions>
          <SubmitButton kind="danger">{verb}</SubmitButton>
          <LinkButton href={cancelHref}>Cancel</LinkButton>
        </FormActions>
      </Form>
    </ConsolePage>
  );
}
