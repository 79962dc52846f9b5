/**
 * A button in each field for a new password that shows what was typed: it is typed once, and a slip would lock its owner out.
 * Made by the script, because without it the button could do nothing.
 */
for (const input of document.querySelectorAll<HTMLInputElement>('input[autocomplete="new-password"]')) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "password-button";
  button.setAttribute("aria-controls", input.id);
  const show = (shown: boolean) => {
    input.type = shown ? "text" : "password";
    button.textContent = shown ? "Hide" : "Show";
    button.setAttribute("aria-label", shown ? "Hide password" : "Show password");
  };
  show(false);
  button.addEventListener("click", () => show(input.type === "password"));
  // Browsers remember what was typed into fields of type text.
  input.form?.addEventListener("submit", () => show(false));

  const row = document.createElement("div");
  row.className = "password-row";
  input.replaceWith(row);
  row.append(input, button);
}
