import type { FastifyRequest } from "fastify";
import { parseForm, type Form } from "../lib/form.ts";
import type { PageRequest } from "../lib/page.ts";
import { PageError } from "./page-error.ts";

/** The parameters of the request's address, read as strictly as a form. Answers 400 when they cannot be read. */
export function queryOf(request: FastifyRequest): Form {
  const question = request.url.indexOf("?");
  const parsed = parseForm(question === -1 ? "" : request.url.slice(question + 1));
  if (!parsed.ok) throw new PageError(400, "This address could not be read.", "Open the page again from the menu.");
  return parsed.form;
}

/** Longest cursor that any list of ours makes, in characters. */
const MAX_CURSOR_LENGTH = 1_000;

/** The page of a list that the address asks for by its `after`, which must be a cursor of an earlier page; anything longer than one is the first page. */
export function pageRequestOf(query: Form, limit: number): PageRequest {
  const after = query.get("after");
  return { limit, after: after !== undefined && after.length <= MAX_CURSOR_LENGTH ? after : null };
}
