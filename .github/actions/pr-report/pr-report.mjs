// Part of pr-checks.yml: plain JavaScript without dependencies, so that it needs no build.
import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const TITLES = {
  test: 'Tests',
  image: 'Image builds',
  site: 'Site builds',
  'plan-backend': 'Plan of the backend',
  'plan-frontend': 'Plan of the frontend',
};
const SIGNS = {
  success: '✅ passed',
  failure: '❌ failed',
  cancelled: '⚪ cancelled',
  skipped: '⚪ left out',
};
const PATHS = 20;

/** Text of a stranger's in a table: no backtick ends the code, no bar ends the cell. */
const code = (text) =>
  text === undefined
    ? '–'
    : `\`${String(text)
        .replaceAll(/[`\r\n]/g, ' ')
        .replaceAll('|', '\\|')
        .slice(0, 200)}\``;

/** A word of ours that came by way of another job: nothing but letters. */
const word = (text) =>
  String(text)
    .replaceAll(/[^\w-]/g, ' ')
    .slice(0, 40);

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(2)} MB`;

/** @param {Array<{ field: string, change: string, from?: string, to?: string }>} plan */
export function backendPlan(plan) {
  if (plan.length === 0) return ['Nothing but the image would change.'];
  const rows = plan.map((p) => `| ${code(p.field)} | ${word(p.change)} | ${code(p.from)} | ${code(p.to)} |`);
  return ['| field | | now | wanted |', '| --- | --- | --- | --- |', ...rows];
}

/** @param {Record<string, any>} plan SitePlan, as deploy-frontend gives it */
export function frontendPlan(plan) {
  const list = (title, paths) =>
    paths?.length > 0
      ? [`**${title}:** ${paths.slice(0, PATHS).map(code).join(' ')}${paths.length > PATHS ? ' …' : ''}`, '']
      : [];
  return [
    `${plan.writes} of ${plan.files} files would be written (${megabytes(plan.writeBytes)}), ${plan.unchanged} stay, ${plan.deletes} would be removed.`,
    '',
    ...list('Written', plan.samples?.writes),
    ...list('Removed', plan.samples?.deletes),
    ...list('Invalidated', plan.invalidate),
  ];
}

/** The plan of one part, folded; nothing where there is none. */
function folded(title, job, render) {
  const text = job?.result === 'success' ? job.outputs?.plan : undefined;
  if (!text) return [];
  let lines;
  try {
    lines = render(JSON.parse(text));
  } catch {
    lines = ['The plan cannot be read.'];
  }
  return ['', `<details><summary>${title}</summary>`, '', ...lines, '', '</details>'];
}

/** Why there are no plans; `undefined` where there are some. */
function leftOut({ fork, mergeQueue }) {
  if (mergeQueue) {
    return 'This is the merge queue: tests and builds ran on what would be merged; the plans were made on the pull request and are left out.';
  }
  if (!fork) return undefined;
  return 'This comes from a fork, which gets no access to AWS: the plans are left out. They are made when it is merged.';
}

/**
 * @param {Record<string, { result: string, outputs?: Record<string, string> }>} needs
 * @param {{ fork: boolean, mergeQueue: boolean, environment: string, commit: string }} about
 */
export function report(needs, { fork, mergeQueue, environment, commit }) {
  const rows = Object.entries(TITLES)
    .filter(([name]) => needs[name])
    .map(([name, title]) => `| ${title} | ${SIGNS[needs[name].result] ?? word(needs[name].result)} |`);
  const why = leftOut({ fork, mergeQueue });
  const note = why ? ['', why] : [];
  return [
    `### Checks of ${code(commit.slice(0, 12))} against ${code(environment)}`,
    '',
    '| part | |',
    '| --- | --- |',
    ...rows,
    ...note,
    ...folded('What would change: backend', needs['plan-backend'], backendPlan),
    ...folded('What would change: frontend', needs['plan-frontend'], frontendPlan),
    '',
  ].join('\n');
}

function main() {
  const input = (name) => process.env[`INPUT_${name.toUpperCase()}`] ?? '';
  const about = {
    fork: input('fork') === 'true',
    mergeQueue: input('merge-queue') === 'true',
    environment: input('environment'),
    commit: input('commit'),
  };
  const body = report(JSON.parse(input('needs') || '{}'), about);
  // A delimiter that nobody can know, for a plan holds names that others chose.
  const end = randomUUID();
  appendFileSync(process.env['GITHUB_OUTPUT'] ?? '', `body<<${end}\n${body}\n${end}\n`);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) main();
