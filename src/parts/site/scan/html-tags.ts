/** An opening tag as a browser reads it. */
export interface Tag {
  /** In lower case. */
  readonly name: string;
  /** Names in lower case, the first of each name; values as they are written, entities and all. */
  readonly attributes: ReadonlyMap<string, string>;
}

/** Elements whose content is text, or is not part of the page until a script takes it. */
const TEXT_INSIDE = new Set([
  ...['script', 'style', 'template', 'noscript', 'textarea', 'title', 'iframe', 'noembed', 'noframes', 'xmp'],
]);
/** One attribute, as https://html.spec.whatwg.org/multipage/parsing.html#before-attribute-name-state reads it. */
const ATTRIBUTE = /[\s/]*([^\s/>][^\s/>=]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"'][^\s>]*)?))?/y;
const NAME = /<([a-z][^\s/>]*)/iy;

/**
 * The opening tags of a page, in order: none of comments, scripts, templates and text, none that stands in an attribute
 * (`srcdoc`, `data-html`). In one pass; a tag that does not end is none.
 */
export function* tagsOf(html: string): Generator<Tag> {
  for (let at = html.indexOf('<'); at >= 0; at = html.indexOf('<', at)) {
    if (html.startsWith('<!--', at)) {
      const end = html.indexOf('-->', at + 4);
      if (end < 0) return;
      at = end + 3;
      continue;
    }
    NAME.lastIndex = at;
    const name = NAME.exec(html)?.[1]?.toLowerCase();
    if (!name) {
      at += 1;
      continue;
    }
    const { attributes, end } = attributesAt(html, NAME.lastIndex);
    if (end < 0) return;
    yield { name, attributes };
    at = TEXT_INSIDE.has(name) ? endOfElement(html, name, end) : end;
    if (at < 0) return;
  }
}

/** @returns where the tag is over; -1 where it is not */
function attributesAt(html: string, start: number): { attributes: Map<string, string>; end: number } {
  const attributes = new Map<string, string>();
  ATTRIBUTE.lastIndex = start;
  let at = start;
  for (let match = ATTRIBUTE.exec(html); match; match = ATTRIBUTE.exec(html)) {
    const [, name = '', double, single, bare] = match;
    at = ATTRIBUTE.lastIndex;
    // A quote that is never closed takes all that follows.
    if (/["']/.test(html[at] ?? '') && /=\s*$/.test(match[0])) return { attributes, end: -1 };
    const lower = name.toLowerCase();
    if (!attributes.has(lower)) attributes.set(lower, double ?? single ?? bare ?? '');
  }
  const close = html.indexOf('>', at);
  return { attributes, end: close < 0 ? -1 : close + 1 };
}

/** Where the closing tag of an element with text in it begins; -1 where there is none. */
function endOfElement(html: string, name: string, from: number): number {
  const closing = new RegExp(`</${name}(?=[\\s/>])`, 'gi');
  closing.lastIndex = from;
  return closing.exec(html)?.index ?? -1;
}
