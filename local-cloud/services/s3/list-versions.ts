import { escapeXml } from '../../core/xml.ts';
import type { Handler } from './call.ts';
import { answer, common, encoderOf, OWNER, type PageRequest, requestOf, tag } from './list.ts';
import type { Bucket, Version } from './model.ts';

interface ListedVersion {
  readonly key: string;
  readonly version: Version;
  readonly latest: boolean;
}

/** All versions of a bucket in the order of their listing: by key, the newest first. */
function* allVersions(bucket: Bucket, prefix: string): Generator<ListedVersion> {
  const keys = [...new Set([...bucket.objects.keys(), ...bucket.versions.keys()])].sort((a, b) =>
    bucket.objects.compare(a, b),
  );
  for (const key of keys) {
    if (!key.startsWith(prefix)) continue;
    const current = bucket.objects.get(key);
    let latest = true;
    if (current) {
      yield {
        key,
        version: { versionId: current.versionId, modified: current.modified, object: current },
        latest,
      };
      latest = false;
    }
    for (const version of bucket.versions.get(key) ?? []) {
      yield { key, version, latest };
      latest = false;
    }
  }
}

interface VersionPage {
  readonly versions: readonly ListedVersion[];
  readonly prefixes: ReadonlySet<string>;
  /** Where the next page begins, if there is one. */
  readonly next: { readonly key: string; readonly versionId: string } | undefined;
}

/** All versions but those that earlier pages had: everything up to the markers. */
function* afterMarkers(bucket: Bucket, prefix: string, keyMarker: string, versionMarker: string) {
  let passed = versionMarker === '';
  for (const listed of allVersions(bucket, prefix)) {
    const order = keyMarker === '' ? 1 : bucket.objects.compare(listed.key, keyMarker);
    if (order > 0 || (order === 0 && passed && versionMarker !== '')) yield listed;
    else if (order === 0 && listed.version.versionId === versionMarker) passed = true;
  }
}

function versionPage(
  bucket: Bucket,
  asked: PageRequest,
  keyMarker: string,
  versionMarker: string,
): VersionPage {
  const versions: ListedVersion[] = [];
  const prefixes = new Set<string>();
  let last: VersionPage['next'];
  for (const listed of afterMarkers(bucket, asked.prefix, keyMarker, versionMarker)) {
    const cut = asked.delimiter === '' ? -1 : listed.key.indexOf(asked.delimiter, asked.prefix.length);
    const rolled = cut < 0 ? undefined : listed.key.slice(0, cut + asked.delimiter.length);
    if (rolled !== undefined && (prefixes.has(rolled) || rolled === keyMarker)) continue;
    if (versions.length + prefixes.size >= asked.max) return { versions, prefixes, next: last };
    if (rolled === undefined) versions.push(listed);
    else prefixes.add(rolled);
    last =
      rolled === undefined
        ? { key: listed.key, versionId: listed.version.versionId }
        : { key: rolled, versionId: '' };
  }
  return { versions, prefixes, next: undefined };
}

export const listObjectVersions: Handler = (call) => {
  const { query } = call.request;
  const bucket = call.bucket();
  const encode = encoderOf(query);
  const asked = requestOf(query, undefined);
  const keyMarker = query.get('key-marker') ?? '';
  const versionMarker = query.get('version-id-marker') ?? '';
  const { versions, prefixes, next } = versionPage(bucket, asked, keyMarker, versionMarker);
  return answer(
    'ListVersionsResult',
    tag('Name', bucket.name) +
      tag('Prefix', encode(asked.prefix)) +
      tag('KeyMarker', encode(keyMarker)) +
      tag('VersionIdMarker', escapeXml(versionMarker)) +
      (next ? tag('NextKeyMarker', encode(next.key)) : '') +
      // A page that ends with a common prefix goes on after all versions below it.
      (next?.versionId ? tag('NextVersionIdMarker', next.versionId) : '') +
      tag('MaxKeys', asked.max) +
      (asked.delimiter ? tag('Delimiter', encode(asked.delimiter)) : '') +
      (query.get('encoding-type') ? tag('EncodingType', 'url') : '') +
      tag('IsTruncated', next !== undefined) +
      versions.map((listed) => versionXml(listed, encode)).join('') +
      common([...prefixes], encode),
  );
};

function versionXml({ key, version, latest }: ListedVersion, encode: (key: string) => string): string {
  const { object } = version;
  const head =
    tag('Key', encode(key)) +
    tag('VersionId', version.versionId) +
    tag('IsLatest', latest) +
    tag('LastModified', new Date(version.modified).toISOString());
  if (!object) return `<DeleteMarker>${head}${OWNER}</DeleteMarker>`;
  const rest = `<ETag>&quot;${object.etag}&quot;</ETag>${tag('Size', object.size)}${OWNER}${tag('StorageClass', object.headers['x-amz-storage-class'] ?? 'STANDARD')}`;
  return `<Version>${head}${rest}</Version>`;
}
