/**
 * Says beside a form that downloads a file how many rows it holds by now. The browser saves the file by itself, so that nothing of it goes through this
 * script or the memory of the page; another process than the one that makes the file may be asked, and then says that it does not know.
 */
/** Milliseconds between two questions. */
const PAUSE = 500;
/** Questions in a row that nobody could answer, after which no more are asked. */
const MOST_UNKNOWN = 20;

const form = document.querySelector<HTMLFormElement>("form[data-progress]");
const status = form?.querySelector("[role=status]");
if (form && status) showProgress(form, status);

function showProgress(form: HTMLFormElement, status: Element): void {
  let asking = 0;
  form.addEventListener("submit", () => {
    asking += 1;
    status.textContent = "The download begins …";
    void follow(asking);
  });

  async function follow(mine: number): Promise<void> {
    for (let unknown = 0; unknown < MOST_UNKNOWN;) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
      const answer = await ask(form.dataset["progress"] ?? "");
      // The button was pressed once more.
      if (mine !== asking) return;
      if (answer === undefined) unknown += 1;
      else {
        unknown = 0;
        const rows = `${answer.rows.toLocaleString("en")} ${answer.rows === 1 ? "row" : "rows"}`;
        status.textContent = SENTENCES[answer.state](rows);
        if (answer.state !== "under-way") return;
      }
    }
    status.textContent = "How far it is cannot be told now. Your browser shows when the file is complete.";
  }
}

const SENTENCES = {
  "under-way": (rows: string) => `${rows} so far …`,
  done: (rows: string) => `The file is complete: ${rows}.`,
  "broken-off": (rows: string) => `The download broke off after ${rows}, so the file is not complete. Download it again.`,
} as const;

interface Answer {
  readonly state: keyof typeof SENTENCES;
  readonly rows: number;
}

async function ask(url: string): Promise<Answer | undefined> {
  try {
    const response = await fetch(url, { credentials: "same-origin", cache: "no-store", redirect: "error", headers: { Accept: "application/json" } });
    const answer: unknown = response.ok ? await response.json() : undefined;
    return typeof answer === "object" && answer !== null && "rows" in answer ? (answer as Answer) : undefined;
  } catch {
    return undefined;
  }
}
