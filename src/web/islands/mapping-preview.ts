/**
 * The mapping while somebody works on it: asks the server after each change what the form would write, and puts that in beside the lines; and leads
 * from a value of the payload to its row. The server renders both, so that nothing is decided here; without this script there is a button.
 */
/** Milliseconds without a change before the server is asked. */
const PAUSE = 300;

const form = document.querySelector<HTMLFormElement>("form.mapping");
if (form?.querySelector("[data-live]")) previewWhileTyping(form);
if (form) mapByClick(form);

function previewWhileTyping(form: HTMLFormElement): void {
  let timer: number | undefined;
  let asked: XMLHttpRequest | undefined;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    asked?.abort();
    timer = setTimeout(() => (asked = ask(form)), PAUSE);
  });
}

/** Gives a parsed page, which the policy of our pages keeps `DOMParser` and `innerHTML` from doing. */
function ask(form: HTMLFormElement): XMLHttpRequest {
  const fields = new URLSearchParams({ preview: "preview" });
  for (const [name, value] of new FormData(form)) if (typeof value === "string") fields.append(name, value);
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.responseType = "document";
  request.addEventListener("load", () => {
    // Anything else, such as a session that has ended, shows itself when the form is sent.
    if (request.status === 200 && request.responseXML) putIn(request.responseXML);
  });
  request.send(fields);
  return request;
}

function putIn(page: Document): void {
  for (const live of document.querySelectorAll("[data-live]")) {
    const fresh = page.getElementById(live.id);
    if (fresh) live.replaceChildren(...[...fresh.childNodes].map((node) => document.importNode(node, true)));
  }
}

function mapByClick(form: HTMLFormElement): void {
  for (const link of document.querySelectorAll<HTMLAnchorElement>("a[data-path]")) {
    link.addEventListener("click", (event) => {
      const select = rowOf(form, link.dataset["path"] ?? "");
      if (!select) return;
      event.preventDefault();
      select.scrollIntoView({ block: "center" });
      select.focus();
    });
  }
}

/** The select of the row that has this path; else of an empty row, into which the path is put. */
function rowOf(form: HTMLFormElement, path: string): HTMLSelectElement | null {
  const inputs = [...form.querySelectorAll<HTMLInputElement>('input[name^="path-"]')];
  const input = inputs.find(({ value }) => value === path) ?? inputs.find(({ value }) => value === "");
  if (!input) return null;
  input.value = path;
  return form.querySelector(`#${input.name.replace("path", "field")}`);
}
