import { S3Client } from '@aws-sdk/client-s3';
import { clientConfig } from '../../aws/config.ts';
import { s3Store } from '../../aws/s3-store.ts';
import { siteClients } from '../../aws/site-clients.ts';
import { courtesy } from '../../github/api.ts';
import { closeIssue, type IssueText, upsertIssue } from '../../github/issues.ts';
import { awsClients, planRestoreBackend } from '../../parts/service/index.ts';
import { planRestoreSite } from '../../parts/site/index.ts';
import { checkEnvironment } from '../../release/id.ts';
import { openLedger } from '../../release/open.ts';
import {
  distributionsOf,
  type PartRecord,
  partOf,
  type ServicePart,
  type SitePart,
} from '../../release/record.ts';
import type { Action, ActionResult, Job } from '../../runtime/action.ts';
import { ActionError, messageOf } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { readBucket } from '../../runtime/places.ts';
import { githubAccess } from '../github-access.ts';
import { action } from './interface.ts';
import { type DriftReport, hasDrift, isClean, type PartDrift, renderReport, withUnknown } from './report.ts';

type DriftJob = Job<typeof action>;

const CONNECTIONS = 16;
/** Nothing is waited for: plans are only read. Milliseconds. */
const NO_WAIT = 0;

async function main(job: DriftJob): Promise<ActionResult<typeof action>> {
  const { inputs, log } = job;
  const environment = checkEnvironment(inputs.required('environment'));
  const bucket = readBucket(inputs.required('release-bucket'), 'release-bucket');
  const [wantsIssue, fails] = [inputs.flag('issue'), inputs.flag('fail')];
  const label = inputs.required('label');
  const report = await lookAt(environment, bucket, job);
  const summary = renderReport(report);
  for (const { part, release, state } of report.parts) log.info(`${part} of ${release}: ${state}`);
  const drift = hasDrift(report);
  const problem = problemOf(report);
  const number = wantsIssue ? await keepIssue(report, summary, label, job) : undefined;
  return {
    // Who wants to be told by a red step wants to know that nothing could be told, too.
    outcome: fails && problem ? 'failed' : 'unchanged',
    outputs: {
      drift: String(drift),
      report: JSON.stringify(report),
      ...(number === undefined ? {} : { 'issue-number': String(number) }),
    },
    summary: `### Drift of ${environment}\n\n${summary}`,
    ...(problem ? { problem } : {}),
  };
}

function problemOf(report: DriftReport): string | undefined {
  const { environment, parts } = report;
  if (hasDrift(report)) return `what is live in ${environment} is not what the ledger says`;
  const unknown = parts.filter(({ state }) => state === 'unknown').map(({ part }) => part);
  if (unknown.length === 0) return undefined;
  return `whether what is live in ${environment} is what the ledger says could not be told: ${unknown.join(', ')}`;
}

async function lookAt(environment: string, bucket: string, job: DriftJob): Promise<DriftReport> {
  const { log, clock } = job;
  const client = new S3Client(clientConfig());
  try {
    const ledger = openLedger({ store: s3Store(client, bucket), environment, log, clock });
    const pointer = await ledger.current();
    const parts: PartDrift[] = [];
    for (const [name, release] of Object.entries(pointer?.parts ?? {})) {
      const recorded = partOf(await ledger.record(release), name);
      parts.push(
        recorded
          ? await lookAtPart(name, release, recorded, { environment, bucket }, job)
          : { part: name, release, state: 'unknown', lines: ['the record of this release cannot be read'] },
      );
    }
    const [newest] = parts.some(({ state }) => state !== 'as-recorded') ? await ledger.newest(1) : [];
    return { environment, pointer, parts: parts.map((part) => withUnknown(part, newest)) };
  } finally {
    client.destroy();
  }
}

/** What a return to the recorded part would change is what differs from it. */
async function lookAtPart(
  part: string,
  release: string,
  recorded: PartRecord,
  place: { readonly environment: string; readonly bucket: string },
  job: DriftJob,
): Promise<PartDrift> {
  try {
    const looked =
      recorded.kind === 'service' ? await serviceDrift(recorded, job) : await siteDrift(recorded, place, job);
    return { part, release, ...looked };
  } catch (error) {
    // A missing image or blob is no drift of what runs, but whoever would go back has to know of it.
    if (error instanceof ActionError && error.outcome === 'interrupted') throw error;
    job.log.warning(`the ${part} could not be compared with release ${release}: ${messageOf(error)}`);
    return { part, release, state: 'unknown', lines: messageOf(error).split('\n') };
  }
}

async function serviceDrift(wanted: ServicePart, job: DriftJob): Promise<Pick<PartDrift, 'state' | 'lines'>> {
  const config = { wanted, waitTimeout: NO_WAIT, lockTimeout: NO_WAIT };
  const { log, clock, signal } = job;
  const plan = await planRestoreBackend(config, { aws: awsClients(), log: quiet(log), clock, signal });
  if (plan.busy) return { state: 'busy', lines: [] };
  const changed = plan.keptVariables.map((name) => `variable ${name}: its value has changed`);
  const lines = [...plan.lines, ...changed];
  return plan.changes || changed.length > 0
    ? { state: 'drifted', lines }
    : { state: 'as-recorded', lines: [] };
}

async function siteDrift(
  site: SitePart,
  { environment, bucket }: { readonly environment: string; readonly bucket: string },
  { log, clock, signal }: DriftJob,
): Promise<Pick<PartDrift, 'state' | 'lines'>> {
  const clients = await siteClients({
    bucket: site.bucket,
    releaseBucket: bucket,
    distributions: distributionsOf(site),
    connections: CONNECTIONS,
    clock,
    signal: () => signal,
  });
  try {
    const plan = await planRestoreSite(
      {
        place: { bucket: site.bucket, prefix: site.prefix, environment },
        manifest: site.manifest,
        releaseId: 'drift',
        options: {
          retainReleases: 1000,
          verify: 'off',
          waitForInvalidation: false,
          waitTimeout: NO_WAIT,
          concurrency: CONNECTIONS,
          siteUrl: site.siteUrl,
        },
        keepReleases: 1000,
        maxInvalidationPaths: 1000,
      },
      { ...clients, log: quiet(log), clock, signal, pointerManifest: async () => site.manifest },
    );
    if (!plan.changes) return { state: 'as-recorded', lines: [] };
    const { samples, writes, deletes } = plan.plan;
    return {
      state: 'drifted',
      lines: [
        `${writes} files are missing or other than recorded, ${deletes} are there that should not be`,
        ...samples.writes.slice(0, 20).map((path) => `other or missing: ${path}`),
        ...samples.deletes.slice(0, 20).map((path) => `should not be there: ${path}`),
      ],
    };
  } finally {
    clients.close();
  }
}

/** What is said while planning is for the debug log: nothing is about to happen. */
const quiet = (log: Log): Log => ({ ...log, info: log.debug, group: (_title, work) => work() });

async function keepIssue(
  report: DriftReport,
  body: string,
  label: string,
  job: DriftJob,
): Promise<number | undefined> {
  const { log } = job;
  const github = githubAccess(job, job.inputs.text('github-token'));
  const { environment } = report;
  const text: IssueText = {
    marker: `drift-${environment}`,
    label,
    title: `${environment}: what runs is not what the ledger says`,
    body,
  };
  if (hasDrift(report)) {
    const kept = await courtesy(log, 'keeping the issue', () => upsertIssue(github, text));
    if (kept)
      log.notice(`issue #${kept.number}: ${kept.change === 'none' ? 'says so already' : kept.change}`);
    return kept?.number;
  }
  if (!isClean(report)) return undefined;
  return courtesy(log, 'closing the issue', () =>
    closeIssue(github, text, `What is live in \`${environment}\` is as recorded again.`),
  );
}

export const definition: Action<typeof action> = { action, main };
