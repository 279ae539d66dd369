import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { clientConfig } from '../../aws/config.ts';
import { s3Store } from '../../aws/s3-store.ts';
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
  const client = new S3Client(clientConfig());
  try {
    const ledger: Ledger = openLedger({ store: s3Store(client, bucket), environment, log, clock });
    const history = await readHistory(ledger, clock.now());
    for (const line of historyText(history, limit)) log.info(line);
    if (file) writePage(file, history);
    if (publish) await publishHistory(ledger, job);
    return result(history, limit, file);
  } finally {
    client.destroy();
  }
}

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
