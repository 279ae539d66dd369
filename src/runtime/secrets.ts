const HIDDEN = '***';

/** A shorter value is left: it guards nothing, and hiding every "1" in a report would hide the report. */
const MIN_LENGTH = 4;
/** A shorter piece of base64 stands in many texts by chance. */
const MIN_PIECE = 8;

/**
 * The values that must appear nowhere: not in the log, not in a report, not in an error. The forms in which a server
 * likes to echo a value are hidden with it: URL-encoded, as base64 (alone, or after `user:`), escaped for JSON or HTML.
 */
export class Secrets {
  readonly #given = new Set<string>();
  readonly #forms = new Set<string>();
  #sorted: string[] | undefined;

  add(value: string): void {
    for (const line of [value, ...value.split(/\r?\n/)]) {
      const trimmed = line.trim();
      if (trimmed.length < MIN_LENGTH || this.#given.has(trimmed)) continue;
      this.#given.add(trimmed);
      for (const form of formsOf(trimmed)) this.#forms.add(form);
      this.#sorted = undefined;
    }
  }

  /** The values as they were added, line by line. */
  given(): readonly string[] {
    return [...this.#given];
  }

  /** All forms, the longest first: a value that contains another one is hidden whole. */
  values(): readonly string[] {
    this.#sorted ??= [...this.#forms].sort((a, b) => b.length - a.length);
    return this.#sorted;
  }

  hide(text: string): string {
    let hidden = text;
    for (const value of this.values()) if (hidden.includes(value)) hidden = hidden.replaceAll(value, HIDDEN);
    return hidden;
  }

  /** A copy of plain data with every string in it hidden. */
  hideAll<T>(data: T): T {
    if (typeof data === 'string') return this.hide(data) as T;
    if (Array.isArray(data)) return data.map((item) => this.hideAll(item)) as T;
    if (typeof data !== 'object' || data === null) return data;
    return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, this.hideAll(value)])) as T;
  }
}

function formsOf(value: string): string[] {
  const base64 = Buffer.from(value).toString('base64');
  const json = JSON.stringify(value).slice(1, -1);
  const url = encodeURIComponent(value);
  const html = value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return [
    value,
    url,
    encodeURI(value),
    ...[url, encodeURI(value)].map(lowerPercent),
    // A form sends a space as +, and five characters that encodeURIComponent leaves: https://url.spec.whatwg.org/#application/x-www-form-urlencoded
    new URLSearchParams({ v: value }).toString().slice(2),
    base64,
    base64.replace(/=+$/, ''),
    base64.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, ''),
    ...piecesInBase64(Buffer.from(value)),
    json,
    json.replaceAll('/', '\\/'),
    json.replace(/[<>&'/]/g, unicodeEscape),
    json.replace(/[<>&]/g, unicodeEscape),
    html,
    // As Go's and Handlebars' templates do.
    html.replaceAll('"', '&#34;').replaceAll("'", '&#39;').replaceAll('+', '&#43;'),
    html.replaceAll('"', '&quot;').replace(/['`=]/g, (sign) => `&#x${hex(sign).toUpperCase()};`),
    ...NUMERIC.map((entity) => value.replace(/[^A-Za-z0-9]/gu, entity)),
    ...['&quot;', '&#34;', '&#x22;'].flatMap((quote) =>
      ["'", '&#39;', '&#x27;', '&apos;'].map((apostrophe) =>
        html.replaceAll('"', quote).replaceAll("'", apostrophe),
      ),
    ),
  ];
}

const hex = (sign: string) => (sign.codePointAt(0) ?? 0).toString(16);

/** Every sign but letters and digits by its number, as OWASP's encoders write them. */
const NUMERIC: ReadonlyArray<(sign: string) => string> = [
  (sign) => `&#${sign.codePointAt(0)};`,
  (sign) => `&#x${hex(sign)};`,
  (sign) => `&#x${hex(sign).toUpperCase()};`,
];

const lowerPercent = (text: string) => text.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
/** As Go, Python and PHP escape for JSON within HTML. */
const unicodeEscape = (sign: string) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** What of a value shows in the base64 of `user:value`, whoever the user is: the digits that no neighbour has a part in. */
function piecesInBase64(value: Buffer): string[] {
  return [0, 1, 2]
    .map((offset) => {
      const all = Buffer.concat([Buffer.alloc(offset), value]).toString('base64');
      return all.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + value.length) * 8) / 6));
    })
    .filter((piece) => piece.length >= MIN_PIECE);
}
