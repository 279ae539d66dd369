import { readDistributions } from '../../aws/distribution-ids.ts';
import type { Scope } from '../../release/choose.ts';
import { checkEnvironment, checkReleaseId } from '../../release/id.ts';
import { checkPartName } from '../../release/part-name.ts';
import type { Inputs } from '../../runtime/inputs.ts';
import { readBucket } from '../../runtime/places.ts';
import type { action } from './interface.ts';
import type { OrderInput } from './order.ts';

export interface RollbackConfig {
  readonly environment: string;
  readonly releaseBucket: string;
  readonly to: string;
  readonly scope: Scope;
  /** Names of the parts that go back; empty: all of the scope. */
  readonly parts: readonly string[];
  readonly order: OrderInput;
  /** In place of what is recorded; '' keeps it. */
  readonly service: string;
  readonly bucket: string;
  readonly distributions: readonly string[];
  /** Go back only where a part of this release is live; '' goes back in any case. */
  readonly ifLive: string;
  readonly reason: string;
  readonly smokeChecks: string;
  readonly putBackOnFailure: boolean;
  readonly releaseId: string;
  readonly dryRun: boolean;
  readonly historyPage: boolean;
  /** To ask GitHub what a tag is; '' asks without. */
  readonly githubToken: string;
  /** Milliseconds. */
  readonly waitTimeout: number;
  readonly lockTimeout: number;
  /** `timeout-minutes` of the job, where it is told. */
  readonly jobTimeout: number | undefined;
}

/** Longest `reason` that the record keeps: it is for a table, not for an essay. A longer one is cut: nobody counts letters in a fire. */
const REASON_LIMIT = 500;

/** @throws ActionError `refused`, naming the input. */
export function readInputs(inputs: Inputs<typeof action>): RollbackConfig {
  const releaseId = inputs.text('release-id');
  const text = inputs.text('reason').replaceAll(/\s+/g, ' ');
  const reason = text.length > REASON_LIMIT ? `${text.slice(0, REASON_LIMIT - 1)}…` : text;
  return {
    environment: checkEnvironment(inputs.required('environment')),
    releaseBucket: readBucket(inputs.required('release-bucket'), 'release-bucket'),
    to: inputs.required('to'),
    scope: inputs.choice('scope', ['all', 'backend', 'frontend']),
    parts: readParts(inputs.text('parts')),
    order: inputs.choice('order', ['auto', 'backend-first', 'frontend-first']),
    service: inputs.text('service'),
    bucket: readBucket(inputs.text('bucket'), 'bucket'),
    distributions: readDistributions(inputs.text('distribution')),
    ifLive: inputs.text('if-live'),
    reason,
    smokeChecks: inputs.text('smoke-checks'),
    putBackOnFailure: inputs.flag('rollback-on-failure'),
    releaseId: releaseId && checkReleaseId(releaseId),
    dryRun: inputs.flag('dry-run'),
    historyPage: inputs.flag('history-page'),
    githubToken: inputs.text('github-token'),
    waitTimeout: inputs.duration('wait-timeout'),
    lockTimeout: inputs.duration('lock-timeout'),
    jobTimeout: inputs.text('job-timeout') ? inputs.duration('job-timeout') : undefined,
  };
}

/** Names between commas, spaces or line breaks. */
function readParts(text: string): string[] {
  const names = text.split(/[\s,]+/).filter(Boolean);
  return [...new Set(names.map((name) => checkPartName(name, 'parts')))];
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
