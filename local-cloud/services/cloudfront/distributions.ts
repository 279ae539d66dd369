import { CloudFault } from '../../core/service.ts';
import { child, text, type XmlNode, type XmlValue } from '../../core/xml.ts';
import { type Call, ok, page } from './call.ts';
import { readConfig } from './config.ts';
import { checkConfig } from './distribution/check.ts';
import { aliasesOf } from './distribution/check-names.ts';
import { withDefaults } from './distribution/defaults.ts';
import { checkComplete } from './distribution/required.ts';
import { bodyOf } from './document.ts';
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
    ...registrations(distribution.document),
  };
}

/** In China a name must be registered; elsewhere each counts as if it were. */
function registrations(document: XmlNode): { [name: string]: XmlValue } {
  const AliasICPRecordal = aliasesOf(document).map((CNAME) => ({ CNAME, ICPRecordalStatus: 'APPROVED' }));
  return AliasICPRecordal.length > 0 ? { AliasICPRecordals: { AliasICPRecordal } } : {};
}

/** Members of a configuration that a summary in a list does not have. */
const NOT_LISTED: ReadonlySet<string> = new Set([
  'CallerReference',
  'DefaultRootObject',
  'Logging',
  'ContinuousDeploymentPolicyId',
]);

export async function createDistribution(call: Call) {
  const { state, request } = call;
  const withTags = request.query.has('WithTags');
  const root = withTags ? 'DistributionConfigWithTags' : 'DistributionConfig';
  const body = await bodyOf(request, root);
  const given = withTags ? (child(body, 'DistributionConfig') ?? {}) : body;
  const tags = tagsOf(child(body, 'Tags'));
  checkConfig(state, given);
  const document = withDefaults(given);
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
  const given = await bodyOf(request, 'DistributionConfig');
  checkVersion(request, distribution.etag);
  if (text(given, 'CallerReference') !== distribution.config.callerReference) {
    throw new CloudFault('IllegalUpdate', 'The caller reference cannot be changed.', 400);
  }
  checkComplete(given);
  checkConfig(state, given, id);
  distribution.document = withDefaults(given);
  distribution.config = readConfig(distribution.document);
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
      (d) => ({
        Id: d.id,
        ARN: d.arn,
        ETag: d.etag,
        Status: state.status(d),
        LastModifiedTime: new Date(d.modified),
        DomainName: domainOf(d),
        ...(Object.fromEntries(Object.entries(d.document).filter(([name]) => !NOT_LISTED.has(name))) as {
          [name: string]: XmlValue;
        }),
        ...registrations(d.document),
      }),
    ),
  );
}
