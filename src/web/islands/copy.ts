/** Copy buttons: shown once this script runs, because without it they could do nothing. */
/** How long a button says what happened, in milliseconds. */
const ANSWER_SHOWN = 2_000;

for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-copy]")) {
  const source = button.closest("[data-copy-scope]")?.querySelector("[data-copy-source]");
  if (!source) continue;
  const label = button.textContent;
  let timer: number | undefined;
  const say = (answer: string) => {
    button.textContent = answer;
    announce(answer);
    clearTimeout(timer);
    timer = setTimeout(() => (button.textContent = label), ANSWER_SHOWN);
  };
  button.addEventListener("click", () => {
    // Refused without a secure context or permission: then the value is selected, one key press from copied.
    const written = navigator.clipboard?.writeText(source.textContent) ?? Promise.reject(new Error("no clipboard here"));
    written.then(
      () => say("Copied"),
      () => {
        getSelection()?.selectAllChildren(source);
        say("Press Ctrl+C");
      },
    );
  });
  button.hidden = false;
}

/** Tells screen readers: a region that stands in the page before its text changes. */
function announce(text: string): void {
  let region = document.querySelector("#copy-status");
  if (!region) {
    region = document.createElement("div");
    region.id = "copy-status";
    region.className = "visually-hidden";
    region.setAttribute("role", "status");
    document.body.append(region);
  }
  region.textContent = "";
  requestAnimationFrame(() => (region.textContent = text));
}
