/**
 * Holds back clicks that were meant for another window. A site can put a window of its own over this page and close it between the two clicks of a
 * double click; then the second one hits what lies below, and no header forbids that. So a button with `data-deliberate` takes no click of a
 * pointer in the first moment after its page has come to the front. The keyboard is not held back: there the button must have the focus first.
 */
/** Milliseconds: longer than the pause within any double click, shorter than it takes to read one line. */
const MOMENT = 800;

const buttons = document.querySelectorAll<HTMLButtonElement>("button[data-deliberate]");
let timer: ReturnType<typeof setTimeout> | undefined;

function hold(): void {
  for (const button of buttons) button.setAttribute("aria-disabled", "true");
  clearTimeout(timer);
  timer = setTimeout(() => {
    for (const button of buttons) button.removeAttribute("aria-disabled");
  }, MOMENT);
}

for (const button of buttons) {
  button.addEventListener("click", (event) => {
    // `detail` counts the clicks of a pointer; for the keyboard it is 0.
    if (event.detail > 0 && button.getAttribute("aria-disabled") === "true") event.preventDefault();
  });
}
addEventListener("focus", hold);
addEventListener("pageshow", hold);
document.addEventListener("visibilitychange", hold);
hold();
