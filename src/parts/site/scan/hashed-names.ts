import { isSpeakable, runsOf } from './speakable.ts';

/** The content of a file as the build wrote it, before it is compressed. */
export interface ContentHashes {
  /** Hex. */
  readonly sha256: string;
  /** Hex. */
  readonly md5: string;
  /** Hex, where it is known. */
  readonly sha1?: string | undefined;
}

/** The end of a name that a build tool may have put a hash into. */
interface Ending {
  /** Letters and digits before the extension. */
  readonly token: string;
  /** What stands before the token: '' where the token is the whole name. */
  readonly before: string;
  /** Last 8 characters with `-` and `_` in them, after a `-` or `.`: the base64url of Rollup. */
  readonly short: string | undefined;
  readonly isCode: boolean;
}

/** Names are 255 bytes on most disks; of longer ones the end is looked at. */
const LONGEST = 300;
const CODE = /^(?:m?js|css|wasm)$/;
/** `app.1a2b3c4d.min.js`; `app-1a2b3c4d5e6f7081_bg.wasm` is Trunk's. */
const AFTER_HASH = /(?:\.(?:min|bundle|chunk)|_bg)$/;

function endingOf(name: string): Ending | undefined {
  const match = /^(.+)\.([a-z0-9]{1,12})$/.exec(name.slice(-LONGEST).replace(/\.(?:map|gz|br)$/, ''));
  const stem = match?.[1]?.replace(AFTER_HASH, '');
  if (!stem) return undefined;
  const token = /[A-Za-z0-9]*$/.exec(stem)?.[0] ?? '';
  return {
    token,
    before: stem.slice(0, stem.length - token.length),
    short: /[-.]([\w-]{8})$/.exec(stem)?.[1],
    isCode: CODE.test(match?.[2] ?? ''),
  };
}

/**
 * Whether a name has a hash in it, as build tools write them. In doubt it has none: the file is then asked about each
 * time, which is slower and never wrong.
 * @param path relative to the site
 */
export function hasHash(path: string): boolean {
  const slash = path.lastIndexOf('/') + 1;
  const [folder, name] = [path.slice(0, slash), path.slice(slash)];
  const ending = endingOf(name);
  if (!ending) return false;
  return (
    isHex(ending) ||
    isUpper(ending, folder) ||
    isLower(ending) ||
    isRollups(ending, folder) ||
    isEleventys(ending, folder, name) ||
    isBlazors(ending, folder)
  );
}

/** The same of a file that a page demands by its integrity: only a build writes that, whatever folder it writes into. */
export const hasHashOfBuild = (path: string): boolean =>
  hasHash(path) || hasHash(`assets/${path.slice(path.lastIndexOf('/') + 1)}`);

/** Words that are hexadecimal: menu-cafe2024.jpg. */
const HEX_WORD =
  /^\d*(?:abc|abcd|abcdef|ace|add|added|babe|bad|bead|bed|bee|beef|cab|cafe|dad|dead|deaf|dec|decade|deed|def|facade|face|faced|fade|faded|feb|fed|fee|feed)\d*$/;

/** webpack, Parcel, Trunk, Hugo, Docusaurus: 8 to 64 digits of hexadecimal. A date has no letter, a word no digit. */
function isHex({ token, before, isCode }: Ending): boolean {
  if (!/^[0-9a-f]{8,64}$/.test(token) || !/[a-f]/.test(token) || !/\d/.test(token)) return false;
  if (before === '' && token.length < 16) return false;
  // product-1234567a.jpg. A script whose name ends so after a dot has a hash.
  const isNumber = /^(?:\d+[a-f]|[a-f]\d+)$/.test(token);
  if (isNumber && !(isCode && before.endsWith('.'))) return false;
  return !HEX_WORD.test(token);
}

/** esbuild and Angular since 17: 8 of `A-Z2-7` after a dash. */
function isUpper({ token, before, isCode }: Ending, folder: string): boolean {
  if (!/^[A-Z2-7]{8}$/.test(token) || !before.endsWith('-') || !/[A-Z]/.test(token)) return false;
  // A camera writes names in capitals, a build tool's scripts and Angular's folder of pictures have none of them.
  const runs = runsOf(token).length;
  return (
    (isCode && (runs > 2 || /^\d/.test(token))) ||
    (isRandom(token, isCode) && (isCode || runs > 2 || /(?:^|\/)media\/$/.test(folder)))
  );
}

/** Bun: 8 of a base 32 without i, l, o and u, after a dash. */
function isLower({ token, before, isCode }: Ending): boolean {
  if (!/^[0-9a-hjkmnp-tv-z]{8}$/.test(token) || !before.endsWith('-') || !/[a-z]/.test(token)) return false;
  // A word of another language cannot be read out in English: a picture needs more than that.
  return isRandom(token, isCode) && (isCode || runsOf(token).length > 2);
}

/** Folders that Vite, Rollup, Astro and SvelteKit write into. */
const ROLLUPS_FOLDERS = /(?:^|\/)(?:assets|static|build|chunks|entries)\//;

/** Vite and Rollup: 8 of base64url, in folders of their own. */
function isRollups({ short, isCode }: Ending, folder: string): boolean {
  if (!short || !ROLLUPS_FOLDERS.test(folder)) return false;
  // Letters and figures by turns: `vq4c1km0`. A word with a number after it is no such thing.
  if (!/[A-Z]/.test(short)) return isCode && /[a-z]/.test(short) && isByTurns(short);
  if (!isCode && !/[a-z]/.test(short)) return false;
  return isRandom(short, isCode);
}

/** `vq4c1km0`, `-08if7h7`: letters and figures by turns, or a dash where no person writes one. */
const isByTurns = (token: string): boolean =>
  /\d/.test(token) &&
  (/^[_-]|[_-]$/.test(token) || runsOf(token).length > 3 + token.replaceAll(/[^_-]/g, '').length);

/** Eleventy's image plugin: `<10 of base64url>-<width>.<format>`. */
const ELEVENTY_IMAGE = /^[\w-]{10}-\d{2,4}\.(?:jpe?g|png|webp|avif|gif|svg)$/;

/** Eleventy: 10 of base64url are the whole name, but for the width of a picture; bundles have a folder of their own. */
function isEleventys({ isCode }: Ending, folder: string, name: string): boolean {
  const token = name.slice(0, 10);
  const isBundle = isCode && /(?:^|\/)bundle\/$/.test(folder) && /^[\w-]{10}\.[a-z]+$/.test(name);
  const isOne = isBundle || ELEVENTY_IMAGE.test(name);
  return isOne && /[A-Z]/.test(token) && /[a-z]/.test(token) && isRandom(token, isCode);
}

/** Blazor since .NET 9: `name.<10 of a-z0-9>.wasm` in its own folder. */
function isBlazors({ token, before, isCode }: Ending, folder: string): boolean {
  if (!/(?:^|\/)_framework\/$/.test(folder) || !before.endsWith('.')) return false;
  return /^[0-9a-z]{10}$/.test(token) && isRandom(token, isCode);
}

/** Whether a token is none that a person would write: many pieces, or one that cannot be read out. */
function isRandom(token: string, isCode: boolean): boolean {
  // IMG_2041, DSCN2041, a date. No camera writes scripts.
  if (!isCode && /^[A-Za-z]*[_-]?\d{3,}$/.test(token)) return false;
  if (/[_-]$|-_|_-/.test(token)) return true;
  const runs = runsOf(token);
  const separators = token.replaceAll(/[^_-]/g, '').length;
  return runs.length > 3 + separators || !runs.every(isSpeakable);
}

/**
 * Whether a piece of the name is the beginning of a hash of the content: then another content has another name, whatever
 * the name looks like. Hexadecimal of MD5, SHA-1 or SHA-256 (Hugo, Django, gulp-rev, file-loader), base64url of SHA-256 (Eleventy).
 */
export function nameProvesContent(path: string, { sha256, md5, sha1 = '' }: ContentHashes): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1).slice(-LONGEST);
  const hex = name.match(/[0-9a-f]{8,64}/g) ?? [];
  if (hex.some((token) => [sha256, md5, sha1].some((hash) => hash.startsWith(token)))) return true;
  const start = /^[\w-]{10}/.exec(name)?.[0];
  return start !== undefined && Buffer.from(sha256, 'hex').toString('base64url').startsWith(start);
}
