/** Letters that follow a letter in words of English and of file names. Counted in the words of some thousand READMEs. */
const FOLLOWERS: Readonly<Record<string, string>> = {
  a: 'bcdefgiklmnprstuvwxyz',
  b: 'aceijlmoprstuy',
  c: 'abcehikloprstuy',
  d: 'abcdeghilnorstuwy',
  e: 'abcdefghijlmnopqrstuvwxy',
  f: 'aefilorstuy',
  g: 'aefghiklmnorstuy',
  h: 'aeimorstuy',
  i: 'abcdefgjklmnopqrstuvxz',
  j: 'aeiopsu',
  k: 'abefgilmnopstuy',
  l: 'abcdefhilmnopstuvy',
  m: 'abceilmopsuy',
  n: 'abcdefghijklnopstuvy',
  o: 'abcdefgijklmnoprstuvwxy',
  p: 'abcdehiklmoprstuy',
  q: 'u',
  r: 'abcdefghiklmnoprstuvwyz',
  s: 'acdefhiklmnopstuwy',
  t: 'acdefghilnoprstuwy',
  u: 'abcdefgijlmnoprstu',
  v: 'aeio',
  w: 'aehilnors',
  x: 'aceipt',
  y: 'abcegilmnopst',
  z: 'aeiouz',
};

/** Abbreviations that names are made of and that no word of English looks like. */
const ABBREVIATIONS = new Set(
  'bg btn cfg css cta dsc dscn fb fhd gif hdr hd htm html http https img jpg js jsx lg md mg mp mpg pdf png pxl px rgb rss sm src svg ts tsx txt uhd url www xl xml xs xxl'.split(
    ' ',
  ),
);

/** Words, capitals in a row, numbers: the pieces that a reader sees in a name. `MacBookA2` has four. */
export const runsOf = (token: string): string[] => token.match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+/g) ?? [];

/** Whether a piece can be read out: a number, an abbreviation, or letters as they follow each other in words. */
export function isSpeakable(run: string): boolean {
  const word = run.toLowerCase();
  if (/^\d+$/.test(word) || word.length === 1 || ABBREVIATIONS.has(word)) return true;
  if (word.length > 2 && !/[aeiouy]/.test(word)) return false;
  return [...word].every((letter, i) => i === 0 || FOLLOWERS[word[i - 1] ?? '']?.includes(letter));
}
