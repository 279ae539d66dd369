import { CloudFault } from '../../../core/service.ts';
import { child, text, type XmlNode } from '../../../core/xml.ts';
import { items } from '../items.ts';

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html */
const MAX_ALIASES = 100;

/** A host's name, the first label of which may be `*`; `localhost` besides, which leads to this machine. */
const NAME = /^(localhost|(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]{2,63})$/i;

const refused = (message: string) => new CloudFault('InvalidViewerCertificate', message, 400);

/** A certificate for `*.example.com` is for `a.example.com`, and not for `a.b.example.com` or `example.com`. */
export function covers(certificate: string, alias: string): boolean {
  const [name, wanted] = [certificate.toLowerCase(), alias.toLowerCase()];
  if (name === wanted) return true;
  return name.startsWith('*.') && wanted.slice(wanted.indexOf('.')) === name.slice(1);
}

export const aliasesOf = (config: XmlNode): string[] => items(child(config, 'Aliases'), 'CNAME').map(String);

/**
 * Alternate domain names and the certificate that must be for them all.
 * @param namesOf names of a certificate of us-east-1; nothing where there is none
 * @param isTaken whether another distribution has the name
 * @throws CloudFault CNAMEAlreadyExists, InvalidViewerCertificate, InvalidProtocolSettings, …
 */
export function checkNames(
  config: XmlNode,
  namesOf: (certificate: string) => readonly string[] | undefined,
  isTaken: (alias: string) => boolean,
): void {
  const aliases = aliasesOf(config);
  if (aliases.length > MAX_ALIASES) {
    throw new CloudFault(
      'TooManyDistributionCNAMEs',
      'Your request contains more CNAMEs than are allowed per distribution.',
      400,
    );
  }
  for (const alias of aliases)
    if (!NAME.test(alias))
      throw new CloudFault('InvalidArgument', `The parameter CNAME contains an invalid name: ${alias}`, 400);
  checkCertificate(child(config, 'ViewerCertificate'), aliases, namesOf);
  const lower = aliases.map((alias) => alias.toLowerCase());
  if (new Set(lower).size < lower.length || lower.some(isTaken)) {
    throw new CloudFault(
      'CNAMEAlreadyExists',
      'One or more of the CNAMEs you provided are already associated with a different resource.',
      409,
    );
  }
}

function checkCertificate(
  given: XmlNode | undefined,
  aliases: readonly string[],
  namesOf: (certificate: string) => readonly string[] | undefined,
): void {
  const acm = text(given, 'ACMCertificateArn') ?? '';
  const iam = text(given, 'IAMCertificateId') ?? '';
  const own = text(given, 'CloudFrontDefaultCertificate') === 'true';
  if ([acm !== '', iam !== '', own].filter(Boolean).length > 1)
    throw refused(
      'A distribution has one of CloudFrontDefaultCertificate, ACMCertificateArn, IAMCertificateId.',
    );
  if (acm === '' && iam === '') {
    if (aliases.length === 0) return;
    throw refused(
      'To add an alternate domain name (CNAME) to a CloudFront distribution, you must attach a trusted certificate that validates your authorization to use the domain name.',
    );
  }
  const names = acm === '' ? undefined : namesOf(acm);
  if (names === undefined) {
    throw refused(
      "The specified SSL certificate doesn't exist, isn't in us-east-1 region, isn't valid, or doesn't include a valid certificate chain.",
    );
  }
  checkProtocol(given);
  if (!aliases.every((alias) => names.some((name) => covers(name, alias)))) {
    throw refused(
      "The certificate that is attached to your distribution doesn't cover the alternate domain name (CNAME) that you're trying to add.",
    );
  }
}

function checkProtocol(given: XmlNode | undefined): void {
  const method = text(given, 'SSLSupportMethod');
  if (method === undefined)
    throw new CloudFault('InvalidArgument', 'The parameter SSLSupportMethod is required.', 400);
  if (method === 'sni-only' && text(given, 'MinimumProtocolVersion') === 'SSLv3') {
    throw new CloudFault(
      'InvalidProtocolSettings',
      'You cannot specify SSLv3 as the minimum protocol version if you only want to support only clients that support Server Name Indication (SNI).',
      400,
    );
  }
}
