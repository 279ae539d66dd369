import { readFileSync } from 'node:fs';
import type { RunContext } from '../runtime/action.ts';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The run as GitHub describes it to every step.
 * Variables: https://docs.github.com/en/actions/reference/workflows-and-actions/variables
 */
export function readRunContext(env: Env): RunContext {
  const get = (name: string) => env[name] ?? '';
  const repository = get('GITHUB_REPOSITORY');
  const attempt = get('GITHUB_RUN_ATTEMPT') || '1';
  const runId = get('GITHUB_RUN_ID');
  const server = get('GITHUB_SERVER_URL') || 'https://github.com';
  const url = runId ? `${server}/${repository}/actions/runs/${runId}/attempts/${attempt}` : '';
  return {
    commit: get('GITHUB_SHA'),
    ref: get('GITHUB_REF'),
    repository,
    actor: get('GITHUB_ACTOR') || get('USER') || 'unknown',
    url,
    // The job's name is part of it: two jobs of one run are two holders.
    holder: runId
      ? `${repository}#${runId}.${attempt}/${get('GITHUB_JOB')}`
      : `${get('USER') || 'local'}@${process.pid}`,
    runNumber: Number(get('GITHUB_RUN_NUMBER')) || 0,
    committedAt: get('WWHD_COMMITTED_AT') || eventCommitTime(get('GITHUB_EVENT_PATH'), get('GITHUB_SHA')),
    apiUrl: get('GITHUB_API_URL') || 'https://api.github.com',
    workspace: get('GITHUB_WORKSPACE') || process.cwd(),
    // Given to JavaScript actions only; a build that they start inherits it.
    cacheService: get('ACTIONS_RUNTIME_TOKEN') !== '' && get('ACTIONS_RESULTS_URL') !== '',
  };
}

/**
 * The time of the pushed commit, from the event that started the run; `undefined` for other events and other commits.
 * https://docs.github.com/en/webhooks/webhook-events-and-payloads#push
 */
function eventCommitTime(path: string, commit: string): string | undefined {
  if (path === '') return undefined;
  try {
    const event = JSON.parse(readFileSync(path, 'utf8')) as {
      head_commit?: { id?: string; timestamp?: string };
    };
    const time = Date.parse(event.head_commit?.timestamp ?? '');
    const known = event.head_commit?.id === commit && !Number.isNaN(time);
    return known ? new Date(time).toISOString() : undefined;
  } catch {
    return undefined;
  }
}
