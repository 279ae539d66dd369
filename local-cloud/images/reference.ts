/** Where an image is: a registry's host, a repository in it, and a tag or a digest. */
export interface ImageReference {
  readonly host: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
  /** `local`: this cloud's registry; `ecr`: an account's at AWS; this cloud is one of them; `other`. */
  readonly registry: 'local' | 'ecr' | 'other';
  /** Of an ECR host. */
  readonly region?: string;
  readonly account?: string;
}

const ECR = /^(\d{12})\.dkr[.-]ecr\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws)$/;
const LOCAL = /^(?:127\.0\.0\.1|localhost|\[::1\]):\d+$/;

/** Reads `host/repository[:tag][@digest]`; `undefined` where it is none. Without tag and digest, the tag is `latest`. */
export function parseImage(text: string): ImageReference | undefined {
  const match =
    /^(?:([^/]+[.:][^/]*|localhost)\/)?((?:[a-z0-9]+(?:[._-]+[a-z0-9]+)*\/)*[a-z0-9]+(?:[._-]+[a-z0-9]+)*)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(
      text,
    );
  const repository = match?.[2];
  if (!match || !repository) return undefined;
  const host = match[1] ?? 'docker.io';
  const [, account, region] = ECR.exec(host) ?? [];
  const [tag, digest] = [match[3], match[4]];
  return {
    host,
    repository,
    registry: LOCAL.test(host) ? 'local' : region ? 'ecr' : 'other',
    ...(region && account ? { region, account } : {}),
    ...(digest ? { digest } : {}),
    ...(tag ? { tag } : digest ? {} : { tag: 'latest' }),
  };
}
