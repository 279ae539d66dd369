const HIDDEN = '***';

/** A shorter value is left: it guards nothing, and hiding every "1" in a report would hide the report. */
const MIN_LENGTH = 4;

/**
 * The values that must appear nowhere: not in the log, not in a report, not in an error. The forms in which a server
 * likes to echo a value are hidden with it: URL-encoded, as base64, escaped for JSON, or escaped for HTML.
 */
export class Secrets {
  readonly #forms = new Set<string>();
  #sorted: string[] | undefined;

  add(value: string): void {
    for (const line of [value, ...value.split(/\r?\n/)]) {
      const trimmed = line.trim();
      if (trimmed.length < MIN_LENGTH) continue;
      for (const form of formsOf(trimmed)) this.#forms.add(form);
    }
    this.#sorted = undefined;
  }

  /** The longest first: a value that contains another one is hidden whole. */
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
  return [
    value,
    encodeURIComponent(value),
    encodeURI(value),
    base64,
    base64.replace(/=+$/, ''),
    JSON.stringify(value).slice(1, -1),
    value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
  ];
}
