/** What a command says: results on standard output, for people or as one JSON object; failures as one line on standard error. */

/** Ends a command with exit status 1 and this one line. */
export class CommandFailure extends Error {}

/** Option of every command that has a result. */
export const JSON_OPTION = ["--json", "print one JSON object and nothing else"] as const;

/** Prints the result as one JSON object or as text for people, whichever was asked for. */
export function printResult(asJson: boolean | undefined, result: object, text: string): void {
  process.stdout.write(`${asJson ? JSON.stringify(result) : text}\n`);
}

/**
 * Text that may hold what strangers sent, made fit for a terminal: control characters could move the cursor or type for the
 * reader, and marks of direction could turn a line around. They are shown as escapes.
 */
export function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

/** Every message of a form-like check in one line. */
export function failureOf(errors: Readonly<Record<string, string | undefined>>): CommandFailure {
  return new CommandFailure(
    Object.values(errors)
      .filter((error) => error !== undefined)
      .join(" "),
  );
}
