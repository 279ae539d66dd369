import type { CloudRequest, CloudResponse } from '../../core/service.ts';
import type { ImageStore, Repository } from './store.ts';

/** One request on a repository that is there. */
export interface Call {
  readonly request: CloudRequest;
  readonly repository: Repository;
  readonly images: ImageStore;
  /** Last part of the path: a tag, a digest or an upload's id. */
  readonly reference: string;
  readonly now: number;
  changed(): void;
}

const COMMON = { 'docker-distribution-api-version': 'registry/2.0' };

export function json(status: number, body: unknown, headers: Record<string, string> = {}): CloudResponse {
  return {
    status,
    headers: {
      'content-type': 'application/json',
      ...COMMON,
      ...headers,
    },
    body: JSON.stringify(body),
  };
}

export const empty = (status: number, headers: Record<string, string>): CloudResponse => ({
  status,
  headers: { 'content-length': '0', ...COMMON, ...headers },
});

export const created = (repository: Repository, kind: 'blobs' | 'manifests', digest: string) =>
  empty(201, { location: `/v2/${repository.name}/${kind}/${digest}`, 'docker-content-digest': digest });
