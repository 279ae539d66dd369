/**
 * Who may ask the API port. A page in a developer's browser reaches 127.0.0.1 like any other program: by a cross-site
 * request, or under a name of its own that its DNS points here (rebinding). What a browser says of itself (`Host`,
 * `Origin`, `Sec-Fetch-Site`) tells such a page from a client, which sends a name of ours and neither of the others.
 */

/** What a request says of where it comes from; names as in its headers. */
export interface Asked {
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** `Sec-Fetch-Site`. */
  readonly site: string | undefined;
}

export interface Refusal {
  readonly status: 421 | 403;
  readonly code: 'MisdirectedRequest' | 'CrossSiteRequest';
  readonly message: string;
}

/** Names of AWS's endpoints that the cloud stands for: a service's, a bucket's and a registry's. */
const AWS_NAME =
  /^(?:[a-z0-9.-]+\.)?(?:s3|sts|ecr|ecs|apprunner|cloudfront|secretsmanager|monitoring|logs|elasticloadbalancing|application-autoscaling)(?:[.-][a-z0-9-]+)*\.(?:amazonaws\.com(?:\.cn)?|api\.aws)$/;

/** `localhost:4566` is `localhost`, `[::1]:80` is `[::1]`; a dot at the end is none of the name. */
const nameOf = (host: string): string => host.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');

const isLoopback = (name: string): boolean =>
  name === 'localhost' ||
  name.endsWith('.localhost') ||
  name === '[::1]' ||
  /^127(?:\.\d{1,3}){3}$/.test(name);

/**
 * Whether a request is answered at all.
 * @param allowed names and addresses that `--allow-host` and `--host` add
 * @returns `undefined`: it is
 */
export function refusalOf(asked: Asked, allowed: ReadonlySet<string>): Refusal | undefined {
  const name = nameOf(asked.host ?? 'localhost');
  if (!isLoopback(name) && !allowed.has(name) && !AWS_NAME.test(name)) {
    return {
      status: 421,
      code: 'MisdirectedRequest',
      message: `The local cloud does not answer as "${name}": it is localhost, 127.0.0.1, [::1], *.localhost and the names of AWS's endpoints. Start it with --allow-host ${name} where this name is yours.`,
    };
  }
  if (asked.origin !== undefined && !isOwnOrigin(asked.origin, name, allowed))
    return crossSite(`from the origin ${JSON.stringify(asked.origin)}`);
  // The `Origin`, where there is one, has told it more exactly.
  if (asked.site === 'cross-site' && asked.origin === undefined) return crossSite('from another site');
  return undefined;
}

const crossSite = (from: string): Refusal => ({
  status: 403,
  code: 'CrossSiteRequest',
  message: `The local cloud takes no request of a web page ${from}. Give the bucket a CORS configuration, or start the local cloud with --allow-host and the page's host, where the page is yours.`,
});

/** A page of this machine, of the name that was asked, or of a name that `--allow-host` adds. */
function isOwnOrigin(origin: string, asked: string, allowed: ReadonlySet<string>): boolean {
  const host = /^https?:\/\/([^/?#@]+)$/i.exec(origin)?.[1];
  if (host === undefined) return false;
  const name = nameOf(host);
  return isLoopback(name) || allowed.has(name) || name === asked;
}

/** The names that `--allow-host` and `--host` add, as `refusalOf` compares them. @throws Error for what is no host */
export function allowedNames(names: readonly string[]): Set<string> {
  return new Set(
    names.map((given) => {
      const name = nameOf(/^[^[]*:.*:/.test(given) ? `[${given}]` : given);
      if (!/^(?:[a-z0-9_.-]+|\[[0-9a-f:.%]+\])$/.test(name))
        throw new Error(`--allow-host must be a host name or an address, not "${given}"`);
      return name;
    }),
  );
}

/** Whether an address that is listened on can be reached by this machine alone. */
export const listensHereOnly = (host: string): boolean =>
  isLoopback(nameOf(host.includes(':') ? `[${host.replace(/^\[|\]$/g, '')}]` : host));
