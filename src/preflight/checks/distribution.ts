import { isHostOfBucket } from '../../aws/bucket-host.ts';
import { isHostOf, mountOf } from '../../aws/distribution-host.ts';
import { pathPart, type Reader } from '../../aws/reader.ts';
import { type Xml, xmlAt, xmlList } from '../../aws/xml.ts';
import type { SitePlace } from '../config.ts';
import { advice, expectThat, type Finding, fromError, ok, wrong } from '../finding.ts';
import type { Check } from '../preflight.ts';

/** CloudFront in front of the bucket: the right origin, private, https, an entry page, an honest 404. */
export const distribution: Check = {
  id: 'distribution',
  title: 'CloudFront distribution',
  applies: ({ site }) => (site?.distributions ?? []).length > 0,
  async run({ site }, { aws }) {
    if (!site) return [];
    const asked = await Promise.all(site.distributions.map((id) => ask(aws, id)));
    const configs = asked.flatMap(({ found }) => (found ? [found.config] : []));
    // The address is that of one of them; the others have names of their own.
    const named = configs.find((config) => covers(config, site)) ?? configs[0];
    const judged = asked.map(async ({ id, found, missing }): Promise<readonly Finding[]> => {
      if (!found) return missing ? [missing] : [];
      const place = found.config === named ? site : { ...site, siteUrl: undefined };
      const findings = [
        ...judgeDistribution(found.config, place),
        ...(await bucketPolicy(aws, site, found.arn)),
      ];
      const says = site.distributions.length > 1 ? `${id}: ` : '';
      return [
        ok(`${id} answers on ${found.domain}`),
        ...findings.map((finding) => ({ ...finding, what: `${says}${finding.what}` })),
      ];
    });
    return (await Promise.all(judged)).flat();
  },
};

/** One distribution as it is set up, or why that could not be asked. */
interface Asked {
  readonly id: string;
  readonly found?: { readonly config: Xml; readonly domain: string; readonly arn: string };
  readonly missing?: Finding;
}

async function ask(aws: Reader, id: string): Promise<Asked> {
  try {
    const { xml } = await aws.cloudFront(`distribution/${pathPart(id)}`);
    const config = xml['DistributionConfig'] as Xml;
    return { id, found: { config, domain: xmlAt(xml, 'DomainName'), arn: xmlAt(xml, 'ARN') } };
  } catch (error) {
    const missing = fromError(error, 'cloudfront:GetDistribution', () =>
      wrong(
        `there is no distribution ${id} in this account`,
        'correct `distribution`: its id begins with E and stands in `aws cloudfront list-distributions --query "DistributionList.Items[].[Id,DomainName]"`',
      ),
    );
    return { id, missing };
  }
}

/** Pure: everything that the configuration alone can tell. */
export function judgeDistribution(config: Xml, site: SitePlace): Finding[] {
  return [
    expectThat(
      xmlAt(config, 'Enabled') !== 'false',
      'it is enabled',
      wrong('it is disabled: it answers nobody', 'enable it in the CloudFront console'),
    ),
    ...judgeOrigin(config, site),
    judgeEntry(config),
    ...judgeViewers(config),
    judgeErrorPages(config),
    judgeAddresses(config),
    ...judgeNames(config, site),
  ];
}

function judgeOrigin(config: Xml, { bucket, prefix }: SitePlace): Finding[] {
  const origins = xmlList(config, 'Origins', 'Items', 'Origin');
  const host = (origin: Xml) => xmlAt(origin, 'DomainName');
  const all = origins.filter((origin) => isHostOfBucket(host(origin), bucket));
  const mountAt = (origin: Xml) => mountOf(prefix.replace(/\/$/, ''), xmlAt(origin, 'OriginPath'));
  const ours = all.find((origin) => mountAt(origin) !== undefined) ?? all[0];
  if (!ours) {
    return [
      wrong(
        `none of its origins is s3://${bucket} (they are ${origins.map(host).join(', ') || 'none'})`,
        `set the origin's domain to ${bucket}.s3.<region>.amazonaws.com, or correct \`bucket\` or \`distribution\``,
      ),
    ];
  }
  const mount = mountAt(ours);
  return [
    expectThat(
      mount !== undefined,
      mount
        ? `its origin is the bucket, and visitors find the site below /${mount}`
        : 'its origin is the bucket',
      wrong(
        `its origin path is "${xmlAt(ours, 'OriginPath')}", and the site goes to "/${prefix.replace(/\/$/, '')}"`,
        'let `prefix` begin with the origin path',
      ),
    ),
    expectThat(
      xmlAt(ours, 'OriginAccessControlId') !== '',
      'it signs its requests to the bucket (origin access control)',
      host(ours).includes('s3-website')
        ? wrong(
            'its origin is the website endpoint, which needs a public bucket',
            `use ${bucket}.s3.<region>.amazonaws.com with an origin access control`,
          )
        : wrong(
            'it has no origin access control: a private bucket answers it with 403',
            'create one of type s3 (sigv4, always) and set it on the origin',
          ),
    ),
  ];
}

function judgeEntry(config: Xml): Finding {
  const page = xmlAt(config, 'DefaultRootObject');
  if (page === 'index.html') return ok('its default root object is index.html');
  return wrong(
    page ? `its default root object is ${page}` : 'it has no default root object: / answers with an error',
    'set the default root object to index.html (without a slash)',
  );
}

function judgeViewers(config: Xml): Finding[] {
  const behaviour = config['DefaultCacheBehavior'];
  const policy = xmlAt(behaviour, 'ViewerProtocolPolicy');
  return [
    expectThat(
      policy === 'redirect-to-https' || policy === 'https-only',
      'viewers are led to https',
      advice('viewers may use plain http', 'set the viewer protocol policy to redirect-to-https'),
    ),
    expectThat(
      xmlAt(behaviour, 'Compress') === 'true',
      'it compresses',
      advice(
        'it does not compress: pages are three times as large on the wire',
        'set Compress to true, with a cache policy that knows gzip and brotli (CachingOptimized)',
      ),
    ),
  ];
}

/** A private bucket without ListBucket for CloudFront answers a missing page with 403. */
function judgeErrorPages(config: Xml): Finding {
  const pages = xmlList(config, 'CustomErrorResponses', 'Items', 'CustomErrorResponse');
  const find = (code: string) => pages.find((page) => xmlAt(page, 'ErrorCode') === code);
  const page = find('403') ?? find('404');
  if (!page) {
    return advice(
      "a page that is not there is answered with S3's 403 in XML",
      'add custom error responses: 403 and 404 → /404.html with status 404',
    );
  }
  const [target, status] = [xmlAt(page, 'ResponsePagePath') || 'an error', xmlAt(page, 'ResponseCode')];
  if (status === '200') {
    return advice(
      `a file that is not there is answered with ${target} and status 200: an open tab cannot tell that it is out of date, and deploy-frontend refuses it`,
      'let a CloudFront function answer the routes of the app (docs/frontend.md, "Single-page apps"), or set `verify: pages`',
    );
  }
  return ok(`a page that is not there is answered with ${target} (${status || xmlAt(page, 'ErrorCode')})`);
}

/** Whether `/about/` can be found in a bucket, which knows `about/index.html` only. deploy-frontend refuses a site that needs it. */
function judgeAddresses(config: Xml): Finding {
  const behavior = config['DefaultCacheBehavior'] as Xml | undefined;
  const of = (list: string, item: string) => xmlList(behavior?.[list], 'Items', item);
  const events = [
    ...of('FunctionAssociations', 'FunctionAssociation'),
    ...of('LambdaFunctionAssociations', 'LambdaFunctionAssociation'),
  ].map((association) => xmlAt(association, 'EventType'));
  return expectThat(
    events.some((event) => event === 'viewer-request' || event === 'origin-request'),
    'a function finds the file of an address',
    advice(
      'no function on viewer request finds the file of an address: /about and /about/ are not found, about.html is',
      'attach one where links are written so (docs/frontend.md, "URLs that people use"; `clean_urls` of infra/terraform makes it)',
    ),
  );
}

const aliasesOf = (config: Xml) => xmlList(config, 'Aliases', 'Items', 'CNAME').map(String);

/** Whether an address is at one of the distribution's own names. */
const covers = (config: Xml, { siteUrl }: Pick<SitePlace, 'siteUrl'>): boolean =>
  siteUrl !== undefined && aliasesOf(config).some((alias) => isHostOf(alias, new URL(siteUrl).hostname));

function judgeNames(config: Xml, { siteUrl }: SitePlace): Finding[] {
  if (!siteUrl) return [];
  const host = new URL(siteUrl).hostname;
  if (host.endsWith('.cloudfront.net') || host === 'localhost' || /^[\d.]+$/.test(host)) return [];
  const aliases = aliasesOf(config);
  const certificate = xmlAt(config, 'ViewerCertificate', 'ACMCertificateArn');
  return [
    expectThat(
      covers(config, { siteUrl }),
      `it answers for ${host}`,
      wrong(
        `it does not know ${host} (its names: ${aliases.join(', ') || 'none'})`,
        `add ${host} to its alternate domain names, with a certificate of us-east-1`,
      ),
    ),
    expectThat(
      certificate !== '',
      'it has a certificate of its own',
      wrong(
        'it has no certificate of its own names',
        'request one in ACM, in us-east-1, and set it on the distribution',
      ),
    ),
  ];
}

/** The bucket must let this very distribution read, and nobody else. */
async function bucketPolicy(aws: Reader, { bucket }: SitePlace, arn: string): Promise<Finding[]> {
  const fix = `allow it: {"Effect":"Allow","Principal":{"Service":"cloudfront.amazonaws.com"},"Action":"s3:GetObject","Resource":"arn:${arn.split(':')[1]}:s3:::${bucket}/*","Condition":{"StringEquals":{"AWS:SourceArn":"${arn}"}}}`;
  try {
    const policy = await aws.bucketPolicy(bucket);
    const allows = policy.includes('cloudfront.amazonaws.com') && policy.includes(arn);
    return [
      expectThat(
        allows,
        'the bucket policy lets it read',
        wrong(
          `the bucket policy of s3://${bucket} does not name ${arn}: pages would be answered with 403`,
          fix,
        ),
      ),
    ];
  } catch (error) {
    return [
      fromError(error, 's3:GetBucketPolicy', () =>
        wrong(`s3://${bucket} has no bucket policy: CloudFront may not read it`, fix),
      ),
    ];
  }
}
