import { type Tag, tagsOf } from './html-tags.ts';

/** Tags that make the browser load something. */
const LOADING = new Set(['script', 'link', 'img', 'source', 'video', 'audio', 'track', 'embed']);
/** Tags that a visitor follows. */
const FOLLOWED = new Set(['a', 'area']);
/** What a template puts in later: Jinja, Angular, Vue, Handlebars, EJS, a script's own strings. */
const PLACEHOLDER = /\{\{|\}\}|\$\{|\{%|<%|%7b%7b/i;
/** Relations of a link that the browser loads; `canonical`, `alternate`, `next` and their like it does not. */
const LOADED = /(?:^|\s)(stylesheet|modulepreload|preload|icon|apple-touch-icon|manifest|mask-icon)(?:\s|$)/i;

const ICON = /(?:^|\s)(?:icon|apple-touch-icon|apple-touch-startup-image|mask-icon)(?:\s|$)/i;

/** What a page loads: an icon that is missing breaks nothing. */
export type Loaded = 'icon' | 'file';

/**
 * Paths (relative to the site, decoded) that a page makes the browser load from the site itself, and what for. Pure, and
 * forgiving as browsers are: what it does not understand it leaves out.
 * @param page the page's own path, e.g. `docs/index.html`
 * @param base path that the site is mounted at, without slashes at its ends: '' for the root
 */
export function localReferences(html: string, page: string, base = ''): Map<string, Loaded> {
  const found = new Map<string, Loaded>();
  const { tags, from } = readPage(html, page, base);
  for (const tag of tags.filter(({ name }) => LOADING.has(name))) {
    const isIcon = tag.name === 'link' && ICON.test(tag.attributes.get('rel') ?? '');
    for (const reference of loadedBy(tag)) {
      const path = localPath(reference, from, base);
      // A folder is a page or a route.
      if (path === undefined || path === '' || path.endsWith('/')) continue;
      found.set(path, isIcon && found.get(path) !== 'file' ? 'icon' : 'file');
    }
  }
  return found;
}

/**
 * Addresses of the site itself that a page's links lead to, relative to the site and decoded: '' for its root, `about/`,
 * `about`. Pure, and forgiving as above.
 */
export function localLinks(html: string, page: string, base = ''): string[] {
  const found = new Set<string>();
  const { tags, from } = readPage(html, page, base);
  for (const { name, attributes } of tags) {
    const href = FOLLOWED.has(name) ? attributes.get('href') : undefined;
    if (href === undefined) continue;
    const address = localPath(decodeEntities(href), from, base);
    if (address !== undefined) found.add(address);
  }
  return [...found];
}

/** The tags of a page, and the URL that its references are relative to. */
function readPage(html: string, page: string, base: string): { tags: Tag[]; from: URL } {
  const tags = [...tagsOf(html)];
  const start = `http://site.invalid/${base ? `${base}/` : ''}${page.split('/').map(encodeURIComponent).join('/')}`;
  const href = tags
    .find(({ name, attributes }) => name === 'base' && attributes.has('href'))
    ?.attributes.get('href');
  return { tags, from: safeUrl(href ?? '', start) ?? new URL(start) };
}

function loadedBy({ name, attributes }: Tag): string[] {
  const get = (attribute: string) => decodeEntities(attributes.get(attribute) ?? '');
  const all =
    name === 'link'
      ? LOADED.test(get('rel'))
        ? [get('href'), ...candidates(get('imagesrcset'))]
        : []
      : [get('src'), get('poster'), ...candidates(get('srcset'))];
  return all.filter((reference) => reference !== '');
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
  if (PLACEHOLDER.test(reference)) return undefined;
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
