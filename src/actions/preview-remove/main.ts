import { awsProblem } from '../../aws/errors.ts';
import { type SiteClients, siteClients } from '../../aws/site-clients.ts';
import { courtesy, type GitHubAccess } from '../../github/api.ts';
import { deactivateDeployments } from '../../github/deployments.ts';
import { stateOfPull } from '../../github/pulls.ts';
import type { Action, ActionResult, Job } from '../../runtime/action.ts';
import { failed, refused } from '../../runtime/errors.ts';
import { githubAccess } from '../github-access.ts';
import { action } from './interface.ts';
import {
  isPreviewFolder,
  type PreviewPlace,
  previewNumbers,
  previewPrefixes,
  previewsToRemove,
} from './previews.ts';

type PreviewRemove = typeof action;

/** Deleting is 1,000 keys a request: few connections do. */
const CONNECTIONS = 4;

async function main(job: Job<PreviewRemove>): Promise<ActionResult<PreviewRemove>> {
  const { inputs, clock, signal } = job;
  const place = placeOf(job);
  const number = inputs.text('number') === '' ? undefined : numberOf(job);
  const dryRun = inputs.flag('dry-run');
  const github = githubAccess(job, inputs.text('github-token'));
  const distribution = inputs.text('distribution');
  const clients = await siteClients({
    bucket: place.bucket,
    releaseBucket: inputs.text('release-bucket') || `${place.bucket}-backup`,
    ...(distribution ? { distribution } : {}),
    connections: CONNECTIONS,
    clock,
    signal: () => signal,
  });
  try {
    const numbers = number === undefined ? await closedPreviews(place, clients, github) : [number];
    let objects = 0;
    const removed: number[] = [];
    for (const one of numbers) {
      const count = await removePreview(place, one, clients, job, dryRun);
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
      what: 'can not hold previews',
      found: JSON.stringify(folder),
      fix: 'name a folder of the bucket, such as previews, without a slash at either end',
    });
  }
  return { bucket: inputs.required('bucket'), folder };
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

/** @returns how many objects there were */
async function removePreview(
  place: PreviewPlace,
  number: number,
  clients: SiteClients,
  { log }: Job<PreviewRemove>,
  dryRun: boolean,
): Promise<number> {
  const prefixes = previewPrefixes(place, number);
  let count = 0;
  for (const [store, prefix] of [
    [clients.live, prefixes.live] as const,
    ...prefixes.release.map((one) => [clients.release, one] as const),
  ]) {
    const keys = (await store.listAll(prefix)).map((object) => object.key);
    log.info(`s3://${store.bucket}/${prefix}: ${keys.length} objects${dryRun ? ' would go' : ''}`);
    count += keys.length;
    if (dryRun || keys.length === 0) continue;
    const kept = await store.deleteMany(keys);
    if (kept.length > 0) {
      throw failed({
        what: `${kept.length} objects of the preview of #${number} could not be removed`,
        found: `${kept[0]?.key}: ${kept[0]?.code} ${kept[0]?.message}`,
        fix: 'the role needs s3:DeleteObject on both buckets; run it again, and it removes what is left',
      });
    }
  }
  if (!dryRun && count > 0 && clients.cdn)
    await clients.cdn.invalidate(`preview-pr-${number}-removed-${count}`, [`/${prefixes.live}*`]);
  return count;
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

export const definition: Action<PreviewRemove> = { action, main };
