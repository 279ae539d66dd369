import { readDistributions } from '../../aws/distribution-ids.ts';
import { awsProblem } from '../../aws/errors.ts';
import { type SiteClients, siteClients } from '../../aws/site-clients.ts';
import { courtesy, type GitHubAccess } from '../../github/api.ts';
import { deactivateDeployments } from '../../github/deployments.ts';
import { stateOfPull } from '../../github/pulls.ts';
import type { Action, ActionResult, Job } from '../../runtime/action.ts';
import { ActionError, refused } from '../../runtime/errors.ts';
import { readBucket } from '../../runtime/places.ts';
import { githubAccess } from '../github-access.ts';
import { freeSavedLock } from '../lock.ts';
import { action } from './interface.ts';
import { isPreviewFolder, type PreviewPlace, previewNumbers, previewsToRemove } from './previews.ts';
import { countPreview, removePreview } from './remove.ts';

type PreviewRemove = typeof action;

/** Deleting is 1,000 keys a request: few connections do. */
const CONNECTIONS = 4;

async function main(job: Job<PreviewRemove>): Promise<ActionResult<PreviewRemove>> {
  const { inputs, clock, signal } = job;
  const place = placeOf(job);
  const number = inputs.text('number') === '' ? undefined : numberOf(job);
  const dryRun = inputs.flag('dry-run');
  const lockTimeout = inputs.duration('lock-timeout');
  const github = githubAccess(job, inputs.text('github-token'));
  const distributions = readDistributions(inputs.text('distribution'));
  const clients = await siteClients({
    bucket: place.bucket,
    releaseBucket: readBucket(inputs.text('release-bucket'), 'release-bucket') || `${place.bucket}-backup`,
    distributions,
    connections: CONNECTIONS,
    clock,
    signal: () => signal,
  });
  try {
    const numbers = number === undefined ? await closedPreviews(place, clients, github) : [number];
    let objects = 0;
    const removed: number[] = [];
    for (const one of numbers) {
      const remove = () => removePreview(place, one, clients, job, lockTimeout);
      const count = dryRun
        ? await countPreview(place, one, clients, job)
        : await (number === undefined ? unlessDeploying(remove, one, job) : remove());
      if (count === undefined) continue;
      objects += count;
      if (count > 0) removed.push(one);
      if (!dryRun) await endDeployments(one, github, job);
    }
    const outcome = removed.length === 0 ? 'unchanged' : dryRun ? 'planned' : 'deployed';
    const outputs = { removed: removed.join(','), objects: String(objects) };
    return { outcome, outputs, summary: summaryOf(removed, objects, dryRun) };
  } finally {
    clients.close();
  }
}

function placeOf({ inputs }: Job<PreviewRemove>): PreviewPlace {
  const folder = inputs.required('folder');
  if (!isPreviewFolder(folder)) {
    throw refused({
      input: 'folder',
      what: 'cannot hold previews',
      found: JSON.stringify(folder),
      fix: 'name a folder of the bucket, such as previews, without a slash at either end',
    });
  }
  return { bucket: readBucket(inputs.required('bucket'), 'bucket'), folder };
}

const numberOf = ({ inputs }: Job<PreviewRemove>): number =>
  inputs.number('number', { min: 1, max: 1e15 - 1, integer: true });

/** Previews that are there although their pull request is closed. */
async function closedPreviews(
  place: PreviewPlace,
  clients: SiteClients,
  github: GitHubAccess,
): Promise<number[]> {
  const keys = await clients.live
    .listAll(`${place.folder}/pr-`)
    .then((objects) => objects.map((object) => object.key))
    .catch((error: unknown) => {
      throw awsProblem(error, {
        operation: 's3:ListBucket',
        resource: `s3://${place.bucket}/${place.folder}/`,
        input: 'bucket',
      });
    });
  const found = previewNumbers(place, keys);
  const states = new Map<number, 'open' | 'closed' | undefined>();
  for (const number of found)
    states.set(
      number,
      await courtesy(github.log, `asking for #${number}`, () => stateOfPull(github, number)),
    );
  return previewsToRemove(found, states);
}

/** In a sweep, a preview that is being deployed is left to the next one. */
async function unlessDeploying(
  remove: () => Promise<number>,
  number: number,
  { log }: Job<PreviewRemove>,
): Promise<number | undefined> {
  try {
    return await remove();
  } catch (error) {
    if (!(error instanceof ActionError) || error.problem.input !== 'lock-timeout') throw error;
    log.warning(`the preview of #${number} stays until the next sweep: ${error.message}`);
    return undefined;
  }
}

async function endDeployments(
  number: number,
  github: GitHubAccess,
  { inputs, log }: Job<PreviewRemove>,
): Promise<void> {
  const pattern = inputs.text('site-url');
  if (!pattern) return;
  const environment = inputs.text('github-environment');
  await courtesy(log, `ending the deployments of #${number}`, () =>
    deactivateDeployments(github, environment, pattern.replaceAll('{0}', String(number))),
  );
}

function summaryOf(removed: readonly number[], objects: number, dryRun: boolean): string {
  if (removed.length === 0) return '### Previews: nothing to remove\n';
  const list = removed.map((number) => `#${number}`).join(', ');
  return `### Previews ${dryRun ? 'that would be removed' : 'removed'}: ${list}\n\n${objects} objects.\n`;
}

export const definition: Action<PreviewRemove> = { action, main, post: freeSavedLock };
