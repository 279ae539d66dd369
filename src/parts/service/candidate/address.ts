/** Where a candidate is asked. */
export interface CandidateAddress {
  /** Base address, without a slash at its end. */
  readonly url: string;
  /** What tells the load balancer that the candidate is meant. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The rule that sends test traffic, and its listener: as far as they say how it is reached. */
export interface TestRule {
  /** `http-header`, `host-header`, `path-pattern`, … */
  readonly conditions: ReadonlyArray<{
    readonly field: string;
    /** Name of the header. */
    readonly name?: string | undefined;
    readonly values: readonly string[];
  }>;
  readonly listener: { readonly protocol: string; readonly port: number };
  readonly dnsName: string;
  readonly internal: boolean;
  /** True where users come in at the same listener. */
  readonly isShared: boolean;
}

/** The first value that is a text and not a pattern: `*` and `?` are wildcards of the load balancer. */
const plain = (values: readonly string[]) => values.find((value) => value !== '' && !/[*?]/.test(value));

/** What the conditions of a rule ask of a request, as far as each is one text. */
function askedBy(
  conditions: TestRule['conditions'],
):
  | { readonly host: string | undefined; readonly headers: Record<string, string> }
  | { readonly why: string } {
  const headers: Record<string, string> = {};
  let host: string | undefined;
  for (const { field, name = '', values } of conditions) {
    if (field === 'path-pattern' || field === 'http-request-method') continue;
    const value = plain(values);
    const isKnown = field === 'http-header' || field === 'host-header';
    if (value === undefined || !isKnown)
      return { why: `its rule asks for ${field} ${values.join(', ')}, which is not one text` };
    if (field === 'host-header') host = value;
    else headers[name.toLowerCase()] = value;
  }
  return { host, headers };
}

/**
 * How the rule of a test listener is met: its port, its host, its header
 * (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html).
 * @returns it, or in a sentence why nobody can tell
 */
export function addressOfRule(rule: TestRule): CandidateAddress | { readonly why: string } {
  const { listener, dnsName, internal, isShared } = rule;
  const scheme = listener.protocol.toLowerCase();
  if (internal) return { why: 'its load balancer is internal, and not reached from here' };
  if (scheme !== 'http' && scheme !== 'https') return { why: `its listener speaks ${listener.protocol}` };
  const asked = askedBy(rule.conditions);
  if ('why' in asked) return asked;
  const { host, headers } = asked;
  const isTold = host !== undefined || Object.keys(headers).length > 0;
  if (isShared && !isTold)
    return {
      why: 'its rule is on the listener of the users, and neither a header nor a host tells it from theirs',
    };
  if (host === undefined && scheme === 'https')
    return {
      why: "its listener speaks HTTPS, and no certificate is made for the load balancer's own name",
    };
  if (!dnsName.includes(':')) return { url: urlAt(scheme, host ?? dnsName, listener.port), headers };
  // A name that has its port already is the local cloud's: that of the listener of the users.
  if (!isShared) return { why: 'its load balancer has a port of its own for each listener' };
  return { url: `http://${dnsName}`, headers: host === undefined ? headers : { ...headers, host } };
}

const urlAt = (scheme: 'http' | 'https', host: string, port: number): string =>
  `${scheme}://${host}${port === (scheme === 'https' ? 443 : 80) ? '' : `:${port}`}`;

/** The ARNs of a rule's listener and load balancer are in its own: `…:listener-rule/app/name/id/listener/rule`. */
export function partsOfRule(arn: string): { readonly listener: string; readonly balancer: string } {
  const [before = '', path = ''] = arn.split(':listener-rule/');
  const parts = path.split('/');
  return {
    listener: `${before}:listener/${parts.slice(0, 4).join('/')}`,
    balancer: `${before}:loadbalancer/${parts.slice(0, 3).join('/')}`,
  };
}
