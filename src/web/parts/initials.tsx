const SEGMENTER = new Intl.Segmenter("en", { granularity: "grapheme" });

/** The first letter of the first and the last word, as a sign beside a name. Says nothing by itself, so it is hidden from screen readers. */
export function Initials({ name }: { readonly name: string }) {
  return (
    <span class="initials" aria-hidden="true">
      {initialsOf(name)}
    </span>
  );
}

/** One or two letters, whole graphemes, upper case. Words that begin with neither letter nor digit are passed over. */
function initialsOf(name: string): string {
  const words = name.split(/\s+/u).filter((word) => /^[\p{L}\p{N}]/u.test(word));
  const chosen = words.length > 1 ? [words[0]!, words.at(-1)!] : words;
  return chosen.map((word) => SEGMENTER.segment(word)[Symbol.iterator]().next().value!.segment.toLocaleUpperCase("en")).join("") || "?";
}
