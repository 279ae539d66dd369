import { callAws } from './aws.ts';
import type { Cloud } from './cloud.ts';
import type { LedgerReport } from './model.ts';

/** Reads the ledger as it stands in the release bucket, with none of the actions' own code. */
export async function readLedger(cloud: Cloud, bucket: string, environment: string): Promise<LedgerReport> {
  const get = (path: string) => callAws(cloud, { service: 's3', method: 'GET', path });
  const prefix = `${environment}/releases/`;
  const list = await get(`/${bucket}?list-type=2&prefix=${encodeURIComponent(prefix)}`);
  const keys = [...list.matchAll(/<Key>([^<]+\.json)<\/Key>/g)].map((match) => match[1] ?? '');
  const records = await Promise.all(keys.map(async (key) => JSON.parse(await get(`/${bucket}/${key}`))));
  records.sort((a, b) => String(b.startedAt).localeCompare(String(a.startedAt)));
  return { pointer: JSON.parse(await get(`/${bucket}/${environment}/current.json`)), records };
}
