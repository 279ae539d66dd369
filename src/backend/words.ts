/** A command line as words: white space divides, quotes hold together, a backslash takes the next character as it is. */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  const pattern = /\s*((?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+)/gy;
  for (let match = pattern.exec(text); match?.[1] !== undefined; match = pattern.exec(text)) {
    const parts = match[1].matchAll(/'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^"'\\]+)/g);
    words.push(
      [...parts]
        .map(
          ([, single, double, escaped, plain]) =>
            single ?? double?.replaceAll(/\\(.)/g, '$1') ?? escaped ?? plain,
        )
        .join(''),
    );
  }
  return words;
}

/** The inverse of {@link splitWords}. */
export function joinWords(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `"${word.replaceAll(/(["\\])/g, '\\$1')}"`))
    .join(' ');
}
