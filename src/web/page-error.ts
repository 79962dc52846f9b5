/** Ends a console request with an error page that says what happened and what to do now. */
export class PageError extends Error {
  readonly status: number;
  readonly whatHappened: string;
  readonly whatToDo: string;

  constructor(status: number, whatHappened: string, whatToDo: string) {
    super(whatHappened);
    this.status = status;
    this.whatHappened = whatHappened;
    this.whatToDo = whatToDo;
  }
}

export function notFound(what: string): PageError {
  return new PageError(404, `There is no ${what} here.`, "It may have been deleted, or it belongs to somebody else. Go back to the list and look there.");
}

/** Ends a console request by sending the browser to another page of ours (303). */
export class PageRedirect extends Error {
  /** An own path with its query. */
  readonly location: string;

  constructor(location: string) {
    super(`See ${location}.`);
    this.location = location;
  }
}
