/** A tag that makes the browser load something, with the attributes that say what. */
const TAGS = /<(script|link|img|source|video|audio|track|embed|iframe)\b([^>]*)>/gi;
/** Tags that a visitor follows. */
const LINKS = /<(?:a|area)\b([^>]*)>/gi;
const BASE = /<base\b[^>]*\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))/i;
const ATTRIBUTE =
  /(?:^|\s)(src|href|rel|srcset|imagesrcset|poster)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/gi;
/** Parts of a page in which tags are text. */
const NOT_TAGS = /<!--[\s\S]*?-->|<(script|style|template|noscript|textarea)\b([^>]*)>[\s\S]*?<\/\1\s*>/gi;
/** Relations of a link that the browser loads; `canonical`, `alternate`, `next` and their like it does not. */
const LOADED = /(?:^|\s)(stylesheet|modulepreload|preload|icon|apple-touch-icon|manifest|mask-icon)(?:\s|$)/i;

/**
 * Paths (relative to the site, decoded) that a page makes the browser load from the site itself. Pure, and forgiving as
 * browsers are: what it does not understand it leaves out.
 * @param page the page's own path, e.g. `docs/index.html`
 * @param base path that the site is mounted at, without slashes at its ends: '' for the root
 */
export function localReferences(html: string, page: string, base = ''): string[] {
  const found = new Set<string>();
  const { text, from } = readPage(html, page, base);
  for (const match of text.matchAll(TAGS)) {
    for (const reference of loadedBy((match[1] ?? '').toLowerCase(), attributesOf(match[2] ?? ''))) {
      const path = localPath(reference, from, base);
      // A folder is a page or a route.
      if (path !== undefined && path !== '' && !path.endsWith('/')) found.add(path);
    }
  }
  return [...found];
}

/**
 * Addresses of the site itself that a page's links lead to, relative to the site and decoded: '' for its root, `about/`,
 * `about`. Pure, and forgiving as above.
 */
export function localLinks(html: string, page: string, base = ''): string[] {
  const found = new Set<string>();
  const { text, from } = readPage(html, page, base);
  for (const match of text.matchAll(LINKS)) {
    const href = attributesOf(match[1] ?? '').get('href');
    if (href === undefined) continue;
    const address = localPath(href, from, base);
    if (address !== undefined) found.add(address);
  }
  return [...found];
}

/** The tags of a page, without those that are text, and the URL that its references are relative to. */
function readPage(html: string, page: string, base: string): { text: string; from: URL } {
  // The opening tag of a script is kept: it may have a `src`.
  const text = html.replaceAll(NOT_TAGS, (_all, tag, attributes) =>
    /^script$/i.test(tag ?? '') ? `<script${attributes}>` : '',
  );
  const start = `http://site.invalid/${base ? `${base}/` : ''}${page.split('/').map(encodeURIComponent).join('/')}`;
  const baseMatch = BASE.exec(text);
  const from = safeUrl(baseMatch?.[1] ?? baseMatch?.[2] ?? baseMatch?.[3] ?? '', start) ?? new URL(start);
  return { text, from };
}

function attributesOf(text: string): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const match of text.matchAll(ATTRIBUTE)) {
    const name = (match[1] ?? '').toLowerCase();
    if (!attributes.has(name)) attributes.set(name, decodeEntities(match[2] ?? match[3] ?? match[4] ?? ''));
  }
  return attributes;
}

function loadedBy(tag: string, attributes: Map<string, string>): string[] {
  const one = (name: string) => (attributes.get(name) ? [attributes.get(name) as string] : []);
  if (tag === 'link') {
    return LOADED.test(attributes.get('rel') ?? '')
      ? [...one('href'), ...candidates(attributes.get('imagesrcset'))]
      : [];
  }
  // A frame shows a page, which may be a route of an app and no file.
  if (tag === 'iframe') return [];
  return [...one('src'), ...one('poster'), ...candidates(attributes.get('srcset'))];
}

/** `srcset`: URLs with a width or a density, after commas. A data URL has commas of its own and is none of ours. */
function candidates(srcset = ''): string[] {
  if (/data:/i.test(srcset)) return [];
  return srcset.split(/,\s+|,$/).flatMap((part) => {
    const url = part.trim().split(/\s+/, 1)[0];
    return url ? [url] : [];
  });
}

function localPath(reference: string, from: URL, base: string): string | undefined {
  const url = safeUrl(reference.trim(), from.href);
  if (!url || reference.trim() === '' || url.host !== 'site.invalid' || url.protocol !== 'http:')
    return undefined;
  let path: string;
  try {
    path = decodeURIComponent(url.pathname).slice(1);
  } catch {
    return undefined;
  }
  if (base) {
    // What lies outside the place where the site is mounted is somebody else's.
    if (!path.startsWith(`${base}/`)) return undefined;
    path = path.slice(base.length + 1);
  }
  return path;
}

function safeUrl(text: string, base: string): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}

const decodeEntities = (text: string) =>
  text
    .replaceAll(/&#x([0-9a-f]+);/gi, (_all, hex) => String.fromCodePoint(Number.parseInt(hex, 16) % 0x110000))
    .replaceAll(/&#(\d+);/g, (_all, n) => String.fromCodePoint(Number(n) % 0x110000))
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
