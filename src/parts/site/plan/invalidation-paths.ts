/**
 * Characters that CloudFront wants encoded in a path, beside those outside ASCII: the unsafe ones of RFC 1738
 * (https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/invalidation-specifying-objects.html), and `*`,
 * `?` and `%`, which mean something else when they are bare. The tilde is a case of its own, see below.
 */
const UNSAFE = new Set(' "<>#%{}|\\^[]`*?');
/** What browsers leave as it is in a path, though RFC 1738 has it encoded (https://url.spec.whatwg.org/#path-percent-encode-set). */
const BROWSERS_KEEP = new Set('|[]\\^');

/** The path as it has to be written for CloudFront; with `keep`, characters that stay as they are. */
export function encodePath(path: string, keep: ReadonlySet<string> = new Set()): string {
  let encoded = '';
  for (const char of path) {
    const bare = char > ' ' && char < '\u007f' && (!UNSAFE.has(char) || keep.has(char));
    encoded += bare ? char : encodeURIComponent(char);
  }
  return encoded;
}

/** The forms in which one URL path may have been asked for, and so be cached, apart from each other. */
function spellings(path: string): string[] {
  const unnameable = path.search(/[~*]/);
  if (unnameable >= 0) {
    // CloudFront refuses a path with `~` (InvalidArgument), one with `%7E` hits nothing
    // (https://github.com/aws/aws-sdk/issues/525), and `*` is a wildcard: one that ends before them is what is left.
    return [`${encodePath(path.slice(0, unnameable))}*`];
  }
  const exact = encodePath(path);
  // As links are written by programs, every reserved letter encoded; S3 too reads a bare `+` in a URL as a space.
  const forms = new Set([exact, path.split('/').map(encodeURIComponent).join('/')]);
  // As browsers ask where a link was written by hand. What CloudFront refuses cannot be named so.
  const browser = encodePath(path, BROWSERS_KEEP);
  if (!/[\\^|]/.test(browser)) forms.add(browser);
  return [...forms];
}

/**
 * Every path under which CloudFront may have cached one file: the name itself, its folder with and without a slash, and
 * the name without `.html` that a function or a visitor may have used.
 * @param path relative to the site
 * @param mount path of the site in URLs, without slashes at its ends: '' for the root
 */
export function cachedForms(path: string, mount = ''): string[] {
  const url = `/${mount ? `${mount}/` : ''}${path}`;
  const forms = [url];
  if (url.endsWith('/index.html')) {
    const folder = url.slice(0, -'index.html'.length);
    forms.push(folder);
    if (folder !== '/') forms.push(folder.slice(0, -1));
  } else if (url.endsWith('.html')) {
    forms.push(url.slice(0, -'.html'.length));
  }
  return forms.flatMap(spellings);
}

/** Wildcards that may be under way at once for a distribution; some room is left for others. */
const MOST_WILDCARDS = 10;

/**
 * The invalidation of some files: all their forms, or, over the budget, the fewest wildcards that cover the rest, each
 * as deep as it can be.
 * @param budget paths to ask for at most; each is paid for after the first 1,000 a month
 */
export function invalidationPaths(paths: readonly string[], mount: string, budget: number): string[] {
  const all = [...new Set(paths.flatMap((path) => cachedForms(path, mount)))];
  let wildcards = all.filter((path) => path.endsWith('*'));
  let plain = all.filter((path) => !path.endsWith('*') && !covers(wildcards, path));
  wildcards = wildcards.filter(
    (path) =>
      !covers(
        wildcards.filter((other) => other !== path),
        path.slice(0, -1),
      ),
  );
  const tooMany = () => plain.length + wildcards.length > budget;
  while (tooMany() && wildcards.length < MOST_WILDCARDS) {
    const folder = fullestFolder(plain, mount);
    if (folder === undefined) break;
    wildcards = [...wildcards.filter((path) => !path.startsWith(folder)), `${folder}*`];
    plain = plain.filter((path) => !path.startsWith(folder));
  }
  if (tooMany() || wildcards.length > MOST_WILDCARDS) return [`/${mount ? `${mount}` : ''}*`];
  return [...plain, ...wildcards].sort();
}

const covers = (wildcards: readonly string[], path: string) =>
  wildcards.some((wildcard) => path.startsWith(wildcard.slice(0, -1)));

/** The folder of the site, below the root, with the most paths; of those with as many, the deepest. */
function fullestFolder(paths: readonly string[], mount: string): string | undefined {
  // What lies above the site is other sites' cache too.
  const top = mount ? `/${mount}/` : '/';
  const counts = new Map<string, number>();
  for (const path of paths) {
    if (!path.startsWith(top)) continue;
    const first = Math.max(1, top.length - 1);
    for (let slash = path.indexOf('/', first); slash > 0; slash = path.indexOf('/', slash + 1)) {
      const folder = path.slice(0, slash + 1);
      counts.set(folder, (counts.get(folder) ?? 0) + 1);
    }
  }
  let best: string | undefined;
  for (const [folder, count] of counts) {
    const most = best === undefined ? 1 : (counts.get(best) ?? 0);
    if (count > most || (count === most && best !== undefined && folder.startsWith(best))) best = folder;
  }
  return best;
}
