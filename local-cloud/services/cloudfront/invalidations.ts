import { CloudFault } from '../../core/service.ts';
import { child, text } from '../../core/xml.ts';
import { type Call, ok, page } from './call.ts';
import { bodyOf } from './document.ts';
import { items } from './items.ts';
import type { Invalidation } from './model.ts';
import { checkInProgress, checkPaths } from './paths.ts';

const invalidationXml = (invalidation: Invalidation) => ({
  Id: invalidation.id,
  Status: invalidation.status,
  CreateTime: new Date(invalidation.created),
  InvalidationBatch: {
    Paths: { Quantity: invalidation.paths.length, Items: { Path: invalidation.paths } },
    CallerReference: invalidation.reference,
  },
});

/** https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateInvalidation.html */
export async function createInvalidation({ state, request, id }: Call) {
  const distribution = state.distribution(id);
  const batch = await bodyOf(request, 'InvalidationBatch');
  const reference = text(batch, 'CallerReference');
  if (!reference) throw new CloudFault('InvalidArgument', 'The parameter CallerReference is required.', 400);
  const paths = items(child(batch, 'Paths'), 'Path').map((path) => (typeof path === 'string' ? path : ''));
  checkPaths(paths);
  const location = (one: Invalidation) => ({
    location: `https://cloudfront.amazonaws.com/2020-05-31/distribution/${id}/invalidation/${one.id}`,
  });
  const same = distribution.invalidations.find((one) => one.reference === reference);
  if (same) {
    if (samePaths(same.paths, paths)) return ok('Invalidation', invalidationXml(same), 201, location(same));
    throw new CloudFault(
      'InvalidationBatchAlreadyExists',
      'Invalidation batch with specified caller reference already exists.',
      409,
    );
  }
  const running = distribution.invalidations.filter((one) => one.status === 'InProgress');
  checkInProgress(
    running.map((one) => one.paths),
    paths,
  );
  const invalidation = state.invalidate(distribution, reference, paths);
  return ok('Invalidation', invalidationXml(invalidation), 201, location(invalidation));
}

const samePaths = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && [...a].sort().join('\n') === [...b].sort().join('\n');

export function getInvalidation({ state, id, part }: Call) {
  const found = state.distribution(id).invalidations.find((one) => one.id === part);
  if (!found) throw new CloudFault('NoSuchInvalidation', 'The specified invalidation does not exist.', 404);
  return ok('Invalidation', invalidationXml(found));
}

export function listInvalidations({ state, request, id }: Call) {
  const { invalidations } = state.distribution(id);
  return ok(
    'InvalidationList',
    page(
      request.query,
      invalidations,
      (one) => one.id,
      'InvalidationSummary',
      (one) => ({
        Id: one.id,
        CreateTime: new Date(one.created),
        Status: one.status,
      }),
    ),
  );
}
