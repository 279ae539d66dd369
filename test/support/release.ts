import type { ReleaseRecord } from '../../src/release/record.ts';
import type { RunContext } from '../../src/runtime/action.ts';

/** A run of GitHub's as the ledger sees it. */
export function runContext(
  options: { run?: number; attempt?: number; job?: string; commit?: string } = {},
): RunContext {
  const { run = 1001, attempt = 1, job = 'deploy', commit = '1'.repeat(40) } = options;
  return {
    commit,
    ref: 'refs/heads/main',
    repository: 'org/app',
    actor: 'octocat',
    url: `https://github.com/org/app/actions/runs/${run}/attempts/${attempt}`,
    holder: `org/app#${run}.${attempt}/${job}`,
    runNumber: run - 1000,
    apiUrl: 'http://127.0.0.1:9',
    workspace: '/nowhere',
  };
}

/** A whole deployed release; `hour` orders it among others. */
export function releaseRecord(id: string, hour: number, fields: Partial<ReleaseRecord> = {}): ReleaseRecord {
  const startedAt = new Date(Date.parse('2026-11-01T00:00:00Z') + hour * 3_600_000).toISOString();
  const part = { result: 'deployed', startedAt } as const;
  return {
    version: 2,
    id,
    environment: 'production',
    type: 'deployment',
    commit: id.padEnd(40, '0'),
    ref: 'refs/heads/main',
    repository: 'org/app',
    actor: 'octocat',
    run: { url: '', number: hour },
    startedAt,
    finishedAt: startedAt,
    result: 'deployed',
    parts: {
      backend: {
        kind: 'service',
        target: 'apprunner',
        service: 'arn:svc',
        image: `repo@sha256:${id}`,
        ...part,
      },
      frontend: {
        kind: 'site',
        bucket: 'site',
        prefix: '',
        manifest: `sites/site/manifests/${id}.json`,
        files: 1,
        bytes: 1,
        ...part,
      },
    },
    composition: { backend: id, frontend: id },
    ...fields,
  };
}
