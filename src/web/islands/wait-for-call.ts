/**
 * Waits on a page until something has arrived, then loads the page again, which shows it. An element with `data-poll` names the
 * address to ask; the answer is JSON with a member `arrived`. Asks once a second, never two questions at a time, and
 * not while nobody looks at the page.
 */
/** Milliseconds between two questions, and the longest pause after answers that failed. */
const PAUSE = 1_000;
const LONGEST_PAUSE = 15_000;

const waiting = document.querySelector<HTMLElement>("[data-poll]");
const url = waiting?.dataset["poll"];
if (url !== undefined) void poll(url);

async function poll(url: string): Promise<void> {
  let pause = PAUSE;
  while (true) {
    await pauseFor(pause);
    await whileHidden();
    const answer = await ask(url);
    if (answer === "arrived" || answer === "signed-out") return location.reload();
    pause = answer === "not-yet" ? PAUSE : Math.min(pause * 2, LONGEST_PAUSE);
  }
}

/** A session that ended answers with a redirect to sign-in or with 401: then the page is loaded again, which leads there and back. */
async function ask(url: string): Promise<"arrived" | "not-yet" | "signed-out" | "failed"> {
  try {
    const response = await fetch(url, { credentials: "same-origin", cache: "no-store", redirect: "manual", headers: { Accept: "application/json" } });
    if (response.type === "opaqueredirect" || response.status === 401) return "signed-out";
    if (!response.ok) return "failed";
    const answer: unknown = await response.json();
    return typeof answer === "object" && answer !== null && "arrived" in answer && answer.arrived === true ? "arrived" : "not-yet";
  } catch {
    return "failed";
  }
}

function pauseFor(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function whileHidden(): Promise<void> {
  return new Promise((resolve) => {
    if (!document.hidden) return resolve();
    document.addEventListener("visibilitychange", function onChange() {
      if (document.hidden) return;
      document.removeEventListener("visibilitychange", onChange);
      resolve();
    });
  });
}
