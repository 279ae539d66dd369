import type { ServicePart } from '../../../release/record.ts';
import type { BackendResult } from './result.ts';

/** What the release record says of a service. @param startedAt ISO 8601, as is `finishedAt` */
export function servicePartOf(
  draft: Omit<BackendResult, 'outcome'>,
  result: ServicePart['result'],
  startedAt: string,
  finishedAt?: string,
): ServicePart {
  const { target, service, image, previousImage, variables, secrets } = draft;
  return {
    kind: 'service',
    target,
    service,
    image,
    previousImage,
    ...(draft.serviceUrl ? { serviceUrl: draft.serviceUrl } : {}),
    ...(draft.operationId ? { operationId: draft.operationId } : {}),
    ...(draft.taskDefinition ? { taskDefinition: draft.taskDefinition } : {}),
    variables,
    secrets,
    ...(draft.secretVersions ? { secretVersions: draft.secretVersions } : {}),
    ...(draft.gated ? { gate: 'pause' as const } : {}),
    ...(draft.probe ? { availability: draft.probe.report.availability } : {}),
    result,
    ...(draft.cause ? { cause: draft.cause } : {}),
    startedAt,
    ...(finishedAt ? { finishedAt } : {}),
  };
}
