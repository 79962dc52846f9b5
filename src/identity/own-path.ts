const MAX_OWN_PATH_CHARACTERS = 2_000;

/**
 * Where to go after sign-in: the text if it is a path on this server and nothing else, or `/`. An open redirector would lend our
 * name to other sites (RFC 9700 section 4.11): browsers take `//host` and `/\host` for other hosts and drop tabs and
 * line breaks before they look, so that only visible ASCII without a backslash passes.
 */
export function ownPathOr(text: string | undefined): string {
  return text !== undefined && text.length <= MAX_OWN_PATH_CHARACTERS && /^\/(?!\/)[\x21-\x5b\x5d-\x7e]*$/.test(text) ? text : "/";
}
