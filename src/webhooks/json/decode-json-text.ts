const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * The text of a body, or undefined when it is not UTF-8 (RFC 8259 section 8.1). A byte order mark is dropped: the section lets
 * a receiver ignore it, some senders write it without knowing, and no answer of ours may carry one.
 */
export function decodeJsonText(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
