/**
 * Takes in what changes on the server while somebody looks at the page. An element with `data-stream` names the stream of changes and, with
 * `data-seen`, what the page shows. With `data-rows` there is a table, whose new rows are put in where they belong; else the page is loaded again.
 * The server renders everything, so that nothing is decided here.
 */
/** Milliseconds before a stream that was refused is asked for again; doubled each time up to the longest. */
const PAUSE = 2_000;
const LONGEST_PAUSE = 30_000;
/** Rows that are kept in the page; when there are more, it begins anew with the newest. */
const MAX_ROWS = 300;
/** Milliseconds between two sentences for screen readers. */
const NEWS_PAUSE = 10_000;
/** Where it is kept in this browser that somebody wants no live view. */
const SWITCHED_OFF = "live-view-off";

const followed = document.querySelector<HTMLElement>("[data-stream]");
if (followed) follow(followed);

function follow(element: HTMLElement): void {
  const { stream = "", rows } = element.dataset;
  let seen = element.dataset["seen"] ?? "";
  let source: EventSource | undefined;
  let timer: number | undefined;
  let pause = PAUSE;
  const news = newsOf(element);
  const control = switchOf(element, () => update());

  const takeIn = () => (rows === undefined ? location.reload() : ask(rows, (page) => news(putIn(element, page))));
  const open = () => {
    const url = new URL(stream, location.href);
    url.searchParams.set("seen", seen);
    source = new EventSource(url);
    source.addEventListener("open", () => (pause = PAUSE));
    source.addEventListener("change", (event) => {
      seen = event.lastEventId;
      takeIn();
    });
    source.addEventListener("end", () => location.reload());
    source.addEventListener("error", () => {
      // A browser comes again by itself after a lost connection, but not after a refusal.
      if (source?.readyState !== EventSource.CLOSED) return;
      timer = setTimeout(() => {
        takeIn();
        update();
      }, pause);
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    });
  };
  const update = () => {
    source?.close();
    source = undefined;
    clearTimeout(timer);
    if (!document.hidden && control()) open();
  };
  document.addEventListener("visibilitychange", update);
  // A page that is left, and may come back from the browser's memory, holds no connection.
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", (event) => event.persisted && update());
  update();
}

/** Gives a parsed page, which the policy of our pages keeps `DOMParser` and `innerHTML` from doing. */
function ask(url: string, then: (page: Document) => void): void {
  const request = new XMLHttpRequest();
  request.open("GET", url);
  request.responseType = "document";
  request.addEventListener("load", () => {
    // A session that has ended leads to the sign-in page: then the whole page goes there, and comes back.
    if (new URL(request.responseURL).pathname !== new URL(url, location.href).pathname) location.reload();
    else if (request.status === 200 && request.responseXML) then(request.responseXML);
  });
  request.send();
}

/** Gives how many rows are new. Rows that are there stay where they are, with the focus and what is selected in them. */
function putIn(element: HTMLElement, page: Document): number {
  const place = element.querySelector<HTMLElement>(".followed-rows");
  const table = place?.querySelector("tbody");
  const fresh = [...(page.querySelector("tbody")?.rows ?? [])].map((row) => document.importNode(row, true));
  if (!place || fresh.length === 0) return 0;
  const known = new Map([...(table?.rows ?? [])].map((row) => [nameOf(row), row]));
  const news = fresh.filter((row) => !known.has(nameOf(row)));
  for (const row of news) row.classList.add("row-arrived");
  if (!table || news.length === fresh.length || known.size + news.length > MAX_ROWS) {
    place.replaceChildren(...[...page.body.childNodes].map((node) => document.importNode(node, true)));
    return news.length;
  }
  let next: ChildNode | null = table.firstChild;
  for (const row of fresh) {
    const old = known.get(nameOf(row));
    if (!old) table.insertBefore(row, next);
    else if (old.textContent !== row.textContent && !old.contains(document.activeElement)) old.replaceWith(row);
    next = (old?.isConnected ? old : row).nextSibling;
  }
  return news.length;
}

/** Where the row leads. */
function nameOf(row: HTMLTableRowElement): string {
  return row.querySelector("a")?.getAttribute("href") ?? "";
}

/** Gives what tells, in one sentence now and then, how many rows have come. */
function newsOf(element: HTMLElement): (count: number) => void {
  const status = element.querySelector(".followed-news");
  let waiting = 0;
  let timer: number | undefined;
  const say = () => {
    timer = undefined;
    if (waiting === 0 || !status) return;
    status.textContent = `${waiting} new`;
    waiting = 0;
    timer = setTimeout(say, NEWS_PAUSE);
  };
  return (count) => {
    waiting += count;
    if (timer === undefined) say();
  };
}

/** The switch of the live view, if there is one; gives whether it is on. */
function switchOf(element: HTMLElement, onChange: () => void): () => boolean {
  const button = element.querySelector<HTMLButtonElement>(".followed-switch");
  if (!button) return () => true;
  const status = element.querySelector(".followed-news");
  const set = (isOn: boolean) => {
    button.setAttribute("aria-pressed", String(isOn));
    if (status) status.textContent = isOn ? "" : "Off";
  };
  const isOn = () => button.getAttribute("aria-pressed") === "true";
  set(localStorage.getItem(SWITCHED_OFF) === null);
  button.closest<HTMLElement>(".followed-bar")!.hidden = false;
  button.addEventListener("click", () => {
    set(!isOn());
    if (isOn()) localStorage.removeItem(SWITCHED_OFF);
    else localStorage.setItem(SWITCHED_OFF, "1");
    onChange();
  });
  return isOn;
}
