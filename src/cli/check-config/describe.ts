import type { ImageSource, PartConfig, ReleaseConfig } from '../../release/file/index.ts';

/** What a release is, for people: a paragraph an environment. */
export function releaseLines(release: ReleaseConfig): string[] {
  const { file, environment, after, region, role, inputs, parts } = release;
  const head = {
    after,
    region,
    role,
    'release bucket': inputs['release-bucket'],
    checks: inputs['smoke-checks'],
  };
  const width = Math.max(...parts.map(({ name }) => name.length));
  return [
    `${environment}, by ${file}`,
    ...Object.entries(head).flatMap(([name, value]) => (value === undefined ? [] : [`  ${name}: ${value}`])),
    ...parts.flatMap((part) => [
      `  wave ${part.wave + 1}  ${part.name.padEnd(width)}  ${summaryOf(part)}`,
      ...detailsOf(part, release).map((line) => `          ${' '.repeat(width)}  ${line}`),
    ]),
  ];
}

function summaryOf(part: PartConfig): string {
  if (part.kind === 'service') return `service ${part.inputs['service']}`;
  const { bucket, prefix } = part.inputs;
  return `site s3://${bucket}${prefix ? `/${prefix.replace(/^\/+/, '')}` : ''}`;
}

/** What is said by a line of its own, or is no setting of the part. */
const ELSEWHERE = new Set(['environment', 'part', 'release-bucket', 'service', 'bucket', 'prefix', 'source']);

function detailsOf(part: PartConfig, release: ReleaseConfig): string[] {
  const from = part.kind === 'service' ? imageLines(part.images) : siteLines(part);
  const settings = Object.entries(part.inputs).filter(([name]) => !ELSEWHERE.has(name));
  return [
    ...from,
    ...(part.test
      ? [`tests: ${part.test['command'] ?? 'the usual ones'} in ${part.test['working-directory']}`]
      : []),
    ...(part.region && part.region !== release.region ? [`region: ${part.region}`] : []),
    ...(part.role && part.role !== release.role ? [`role: ${part.role}`] : []),
    ...settings.map(([name, value]) => `${name}: ${shown(name, value)}`),
  ];
}

/** Values of variables are not shown: the name is what a reader looks for, and one of them might be a secret. */
function shown(name: string, value: string): string {
  const lines = value.split('\n');
  if (name === 'environment-variables') return lines.map((line) => line.split('=', 1)[0]).join(', ');
  return lines.join(', ');
}

const imageLines = (images: ReadonlyMap<string, ImageSource>) =>
  [...images].map(([container, image]) => `${container ? `${container}: ` : ''}${imageWords(image)}`);

function imageWords(image: ImageSource): string {
  if (image.kind === 'reference') return `image ${image.reference}`;
  if (image.kind === 'from')
    return `the image of ${image.part}${image.container ? `, container ${image.container}` : ''}`;
  return `image ${image.inputs['repository']}, built from ${image.inputs['context'] ?? '.'}`;
}

function siteLines({ build, inputs }: Extract<PartConfig, { kind: 'site' }>): string[] {
  const source = `files of ${inputs['source']}`;
  return [build ? `${source}, built by ${build['command']} in ${build['working-directory']}` : source];
}
