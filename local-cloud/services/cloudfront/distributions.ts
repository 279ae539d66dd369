import { CloudFault } from '../../core/service.ts';
import { child, parseXml, text, type XmlNode, type XmlValue } from '../../core/xml.ts';
import { type Call, ok, page } from './call.ts';
import { readConfig } from './config.ts';
import { checkAssociations } from './functions/associations.ts';
import { tidy } from './items.ts';
import { checkVersion, type Distribution, domainOf, newId } from './model.ts';
import type { CloudFrontState } from './state.ts';
import { tagsOf } from './tags.ts';

function distributionXml(state: CloudFrontState, distribution: Distribution): { [name: string]: XmlValue } {
  return {
    Id: distribution.id,
    ARN: distribution.arn,
    Status: state.status(distribution),
    LastModifiedTime: new Date(distribution.modified),
    InProgressInvalidationBatches: distribution.invalidations.filter((i) => i.status === 'InProgress').length,
    DomainName: domainOf(distribution),
    ActiveTrustedSigners: { Enabled: false, Quantity: 0 },
    ActiveTrustedKeyGroups: { Enabled: false, Quantity: 0 },
    DistributionConfig: distribution.document as XmlValue,
  };
}

/** What CloudFront adds to a configuration that leaves it out. */
function withDefaults(document: XmlNode): XmlNode {
  const given = document as { readonly [name: string]: XmlNode };
  return {
    Aliases: { Quantity: '0' },
    DefaultRootObject: '',
    CacheBehaviors: { Quantity: '0' },
    CustomErrorResponses: { Quantity: '0' },
    PriceClass: 'PriceClass_All',
    ViewerCertificate: { CloudFrontDefaultCertificate: 'true', MinimumProtocolVersion: 'TLSv1' },
    Restrictions: { GeoRestriction: { RestrictionType: 'none', Quantity: '0' } },
    WebACLId: '',
    HttpVersion: 'http2',
    IsIPV6Enabled: 'true',
    Staging: 'false',
    ...given,
  };
}

/** The configuration in a body. @throws CloudFault MalformedXML, MissingBody, and what `readConfig` refuses */
async function bodyConfig(
  call: Call,
  withTags: boolean,
): Promise<{ document: XmlNode; tags: Record<string, string> }> {
  const body = (await call.request.body()).toString('utf8');
  if (body.trim() === '') throw new CloudFault('MissingBody', 'This operation requires a body.', 400);
  const root = tidy(parseXml(body, withTags ? 'DistributionConfigWithTags' : 'DistributionConfig'));
  const config = withTags ? child(root, 'DistributionConfig') : root;
  if (config === undefined || typeof config === 'string') {
    throw new CloudFault('MalformedXML', 'The XML document is malformed.', 400);
  }
  checkAssociations(readConfig(config).behaviors, (arn) => call.state.liveCode(arn) !== undefined);
  return { document: withDefaults(config), tags: withTags ? tagsOf(child(root, 'Tags')) : {} };
}

export async function createDistribution(call: Call) {
  const { state, request } = call;
  const { document, tags } = await bodyConfig(call, request.query.has('WithTags'));
  const reference = text(document, 'CallerReference') ?? '';
  const same = [...state.distributions.values()].find((d) => d.config.callerReference === reference);
  if (same) {
    throw new CloudFault(
      'DistributionAlreadyExists',
      `The caller reference that you are using to create a distribution is associated with another distribution. Already exists: ${same.id}`,
      409,
    );
  }
  const distribution = await state.create(document, tags);
  request.note({ resource: distribution.arn });
  return ok('Distribution', distributionXml(state, distribution), 201, {
    etag: distribution.etag,
    location: `https://cloudfront.amazonaws.com/2020-05-31/distribution/${distribution.id}`,
  });
}

export function getDistribution({ state, id }: Call) {
  const distribution = state.distribution(id);
  return ok('Distribution', distributionXml(state, distribution), 200, { etag: distribution.etag });
}

export function getDistributionConfig({ state, id }: Call) {
  const distribution = state.distribution(id);
  return ok('DistributionConfig', distribution.document as { [name: string]: XmlValue }, 200, {
    etag: distribution.etag,
  });
}

export async function updateDistribution(call: Call) {
  const { state, id, request } = call;
  const distribution = state.distribution(id);
  const { document } = await bodyConfig(call, false);
  checkVersion(request, distribution.etag);
  if (text(document, 'CallerReference') !== distribution.config.callerReference) {
    throw new CloudFault('IllegalUpdate', 'The caller reference cannot be changed.', 400);
  }
  distribution.document = document;
  distribution.config = readConfig(document);
  distribution.etag = newId();
  distribution.modified = state.context.now();
  distribution.deployed = state.deployedAt();
  return ok('Distribution', distributionXml(state, distribution), 200, { etag: distribution.etag });
}

export async function deleteDistribution({ state, id, request }: Call) {
  const distribution = state.distribution(id);
  checkVersion(request, distribution.etag);
  if (distribution.config.enabled || state.status(distribution) !== 'Deployed') {
    throw new CloudFault(
      'DistributionNotDisabled',
      'The distribution you are trying to delete has not been disabled.',
      409,
    );
  }
  await state.remove(distribution);
  return { status: 204 };
}

export function listDistributions({ state, request }: Call) {
  const all = [...state.distributions.values()];
  return ok(
    'DistributionList',
    page(
      request.query,
      all,
      (d) => d.id,
      'DistributionSummary',
      (d) => {
        const {
          CallerReference: _reference,
          DefaultRootObject: _root,
          Logging: _log,
          ...config
        } = d.document as Record<string, XmlNode>;
        return {
          Id: d.id,
          ARN: d.arn,
          ETag: d.etag,
          Status: state.status(d),
          LastModifiedTime: new Date(d.modified),
          DomainName: domainOf(d),
          ...(config as { [name: string]: XmlValue }),
        };
      },
    ),
  );
}
