import { useId } from "preact/hooks";
import { Sign } from "./icon.tsx";

interface CopyFieldProps {
  readonly label: string;
  readonly value: string;
  /** Shown once and never again; says so. A sentence says what to do with it, where it is no secret of an application. */
  readonly secret?: boolean | string;
}

/** A value that goes elsewhere, with its copy button. Without JavaScript the button is not there and the value can be selected. */
export function CopyField({ label, value, secret }: CopyFieldProps) {
  return (
    <div class={secret ? "copy-field copy-field-secret" : "copy-field"} data-copy-scope>
      <span class="copy-label">{label}</span>
      <div class="copy-row">
        <code class="copy-value" data-copy-source>
          {value}
        </code>
        <CopyButton what={label} />
      </div>
      {secret && (
        <p class="copy-secret">
          <Sign name="alert" />
          You see this once. {secret === true ? "Keep it where only your application can read it." : secret}
        </p>
      )}
    </div>
  );
}

interface CodeTabsProps {
  /** What all the blocks do: "Get an access token". */
  readonly label: string;
  /** One block for each language; the first is open. */
  readonly tabs: readonly { readonly name: string; readonly code: string }[];
}

/**
 * The same thing in several languages, one of them shown. Radio buttons and style sheet only, so it works without
 * JavaScript: arrow keys move between the tabs, and each block keeps its own copy button.
 */
export function CodeTabs({ label, tabs }: CodeTabsProps) {
  const group = useId();
  return (
    <fieldset class="code-tabs">
      <legend>{label}</legend>
      <div class="code-tabs-box">
        {tabs.map(({ name, code }, index) => (
          <>
            <label class="code-tab">
              <input type="radio" name={group} defaultChecked={index === 0} class="visually-hidden" />
              {name}
            </label>
            <div class="code-panel" data-copy-scope>
              <CopyButton what={`${label}, ${name}`} />
              <pre tabIndex={0} data-copy-source>
                <code>{code}</code>
              </pre>
            </div>
          </>
        ))}
      </div>
    </fieldset>
  );
}

function CopyButton({ what }: { readonly what: string }) {
  return (
    <button type="button" class="copy-button" data-copy hidden aria-label={`Copy: ${what}`}>
      Copy
    </button>
  );
}
