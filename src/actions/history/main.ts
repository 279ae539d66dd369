import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { clientConfig } from '../../aws/config.ts';
import type { ObjectStore } from '../../aws/object-store.ts';
import { s3Store } from '../../aws/s3-store.ts';
import { sitesOf } from '../../parts/site/index.ts';
import {
  type AdoptEnvironment,
  type AdoptEnvironmentPorts,
  adoptEnvironment,
} from '../../release/adopt-environment.ts';
import { chooseTarget, LATEST_GOOD } from '../../release/choose.ts';
import { originsOf } from '../../release/composition.ts';
import { type History, historyMarkdown, historyText, readHistory } from '../../release/history.ts';
import { historyPage } from '../../release/history-page.ts';
import { checkEnvironment } from '../../release/id.ts';
import type { Ledger } from '../../release/ledger.ts';
import { openLedger } from '../../release/open.ts';
import { publishHistory } from '../../release/publish.ts';
import type { Action, ActionResult, Job } from '../../runtime/action.ts';
import { messageOf, refused } from '../../runtime/errors.ts';
import { readBucket } from '../../runtime/places.ts';
import { action } from './interface.ts';

type HistoryJob = Job<typeof action>;

async function main(job: HistoryJob): Promise<ActionResult<typeof action>> {
  const { inputs, log, clock, run } = job;
  const environment = checkEnvironment(inputs.required('environment'));
  const bucket = readBucket(inputs.required('release-bucket'), 'release-bucket');
  const limit = inputs.number('limit', { min: 1, max: 10_000, integer: true });
  const file = inputs.text('page-file') && resolve(run.workspace, inputs.text('page-file'));
  const publish = inputs.flag('publish');
  const adoption = readAdoption(job, environment);
  const client = new S3Client(clientConfig());
  try {
    const store = s3Store(client, bucket);
    const adopted = adoption && (await adopt(job, store, adoption));
    const ledger: Ledger = openLedger({ store, environment, log, clock, movedOn: 'read' });
    const history = await readHistory(ledger, clock.now());
    const movedTo = history.current?.movedTo;
    if (movedTo) log.notice(`${environment} is called ${movedTo} now: these are its releases up to then`);
    for (const line of historyText(history, limit)) log.info(line);
    if (file) writePage(file, history);
    if (publish) await publishHistory(ledger, job);
    return withAdopted(result(history, limit, file), adopted);
  } finally {
    client.destroy();
  }
}

function readAdoption({ inputs }: HistoryJob, to: string): AdoptEnvironment | undefined {
  const from = inputs.text('adopt-environment');
  if (from === '') return undefined;
  checkEnvironment(from, 'adopt-environment');
  return { from, to, lockTimeout: inputs.duration('lock-timeout') };
}

async function adopt(job: HistoryJob, store: ObjectStore, adoption: AdoptEnvironment): Promise<number> {
  const { log, clock, run, signal } = job;
  const sites: AdoptEnvironmentPorts['sites'] = (places, from, to) => sitesOf(store, places, from, to);
  const adopted = await adoptEnvironment(adoption, { store, log, clock, run, signal, sites });
  const { from, to } = adoption;
  log.notice(
    adopted === 0
      ? `the ledger of ${from} had been carried over to ${to} before: nothing is left to do`
      : `the ledger of ${from} was carried over to ${to}: ${adopted} release records, what is live, and the sites; those of ${from} stay to be read`,
  );
  return adopted;
}

const withAdopted = (
  result: ActionResult<typeof action>,
  adopted: number | undefined,
): ActionResult<typeof action> =>
  adopted === undefined ? result : { ...result, outputs: { ...result.outputs, adopted: String(adopted) } };

function writePage(file: string, history: History): void {
  try {
    writeFileSync(file, historyPage(history));
  } catch (error) {
    throw refused({
      input: 'page-file',
      what: 'cannot be written',
      found: messageOf(error),
      fix: 'name a file in a folder that exists and can be written to',
    });
  }
}

function result(history: History, limit: number, file: string): ActionResult<typeof action> {
  const { current, releases, dora } = history;
  const records = releases.map(({ record }) => record);
  const choice = chooseTarget({ to: LATEST_GOOD, scope: 'all', records, current });
  const shown = releases.slice(0, limit).map(({ record, live, good, undoneBy }) => ({
    ...record,
    live,
    good,
    ...(undoneBy ? { undoneBy } : {}),
  }));
  return {
    outcome: 'unchanged',
    outputs: {
      current: current?.release ?? '',
      live: JSON.stringify(
        originsOf(current?.parts ?? {}, new Map(records.map((record) => [record.id, record]))),
      ),
      'latest-good': choice.kind === 'chosen' ? choice.target.id : '',
      releases: JSON.stringify(shown),
      dora: JSON.stringify(dora),
      ...(file ? { page: file } : {}),
    },
    summary: historyMarkdown(history, limit),
  };
}

export const definition: Action<typeof action> = { action, main };
