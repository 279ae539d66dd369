// Part of deploy.yml: plain JavaScript without dependencies, so that it needs no build.
import { appendFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/** What a failed part says of the release, the worst first. */
const WORST = ['rollback-failed', 'interrupted', 'timed-out', 'failed', 'refused', 'rolled-back'];
const GREEN = ['deployed', 'unchanged', 'planned'];

/**
 * The outcome of a release from the results of its jobs.
 * @param {Record<string, { result: string, outputs?: Record<string, string> }>} needs
 * @param {boolean} dryRun
 * @param {number} [attempt] of the run
 * @param {Record<string, string>} [names] of the parts in the ledger
 */
export function verdict(needs, dryRun, attempt = 1, names = NAMES) {
  const outcome = ended(needs, dryRun);
  return GREEN.includes(outcome) && !dryRun && torn(needs, attempt, names).length > 0 ? 'failed' : outcome;
}

/** What the parts of the two jobs are called in the ledger, where the caller gave them no names of their own. */
const NAMES = { backend: 'backend', frontend: 'frontend' };

/**
 * Parts of which nobody can say that they are live as this release, as sentences. A second attempt is handed the
 * results of jobs that it does not run again; what they brought may have been put back since.
 * @param {number} attempt
 * @param {Record<string, string>} [names] of the parts in the ledger
 */
export function torn(needs, attempt, names = NAMES) {
  if (attempt < 2) return [];
  const release = needs.prepare?.outputs?.['release-id'];
  const live = needs.live?.result === 'success' ? parsed(needs.live.outputs?.live) : undefined;
  return ['backend', 'frontend']
    .filter((part) => needs[part]?.result === 'success')
    .flatMap((part) => {
      if (live) {
        const now = live[names[part]];
        if (now === release) return [];
        return [`the ${names[part]} that is live is that of release ${now ?? 'none'}, not of ${release}`];
      }
      if (needs[part].outputs?.attempt === String(attempt)) return [];
      return [
        `the ${part} is from attempt ${needs[part].outputs?.attempt ?? 1}, and the ledger was not read`,
      ];
    });
}

function parsed(text) {
  try {
    const value = JSON.parse(text ?? '');
    return value && typeof value === 'object' ? value : undefined;
  } catch {
    return undefined;
  }
}

function ended(needs, dryRun) {
  const jobs = Object.entries(needs);
  const { restore } = needs;
  // What was live when a part failed is put back by the job `restore`; how that ended is how the release ended.
  if (restore?.result === 'success') return 'rolled-back';
  if (restore?.result === 'failure') return 'rollback-failed';
  if (jobs.some(([, job]) => job.result === 'cancelled')) return 'interrupted';
  const failed = jobs.filter(([, job]) => job.result === 'failure');
  if (failed.length > 0) {
    const said = failed.map(([, job]) => job.outputs?.outcome ?? 'failed');
    return WORST.find((outcome) => said.includes(outcome)) ?? 'failed';
  }
  if (dryRun) return 'planned';
  const parts = [needs.backend, needs.frontend].filter((job) => job?.result === 'success');
  // Without a part to deploy, the image is what the release was for.
  const outcomes = (parts.length > 0 ? parts : [needs.image]).map((job) => job?.outputs?.outcome);
  return outcomes.includes('deployed') ? 'deployed' : 'unchanged';
}

const TITLES = {
  test: 'Tests',
  image: 'Image',
  site: 'Site build',
  backend: 'Backend',
  frontend: 'Frontend',
  smoke: 'Smoke checks',
  restore: 'Put back',
  live: 'What is live',
};

/** A value of another job in a table: a word, and no markup of its own. */
const cell = (text) =>
  String(text)
    .replaceAll(/\s+/g, ' ')
    .replaceAll('<', '&lt;')
    .replaceAll(/[\\`[\]|]/g, '\\$&')
    .slice(0, 100);

/** The parts that ran, as a table. */
export function table(needs, environment, outcome) {
  const rows = Object.entries(TITLES)
    .filter(([name]) => needs[name] && needs[name].result !== 'skipped')
    .map(([name, title]) => `| ${title} | ${cell(needs[name].outputs?.outcome || needs[name].result)} |`);
  const id = needs.prepare?.outputs?.['release-id'] ?? '';
  return [
    `## Release to ${cell(environment)}: ${outcome}`,
    '',
    `\`${id.replaceAll(/[`\r\n]/g, ' ')}\``,
    '',
    '| part | outcome |',
    '| --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

function main() {
  const needs = JSON.parse(process.env['INPUT_NEEDS'] ?? '{}');
  const dryRun = process.env['INPUT_DRY-RUN'] === 'true';
  const attempt = Number(process.env['INPUT_ATTEMPT'] || 1);
  const names = {
    backend: process.env['INPUT_BACKEND-PART'] || NAMES.backend,
    frontend: process.env['INPUT_FRONTEND-PART'] || NAMES.frontend,
  };
  const outcome = verdict(needs, dryRun, attempt, names);
  appendFileSync(process.env['GITHUB_OUTPUT'] ?? '', `outcome=${outcome}\n`);
  const summary = process.env['GITHUB_STEP_SUMMARY'];
  if (summary) appendFileSync(summary, table(needs, process.env['INPUT_ENVIRONMENT'] ?? '', outcome));
  if (GREEN.includes(outcome)) process.stdout.write(`release: ${outcome}\n`);
  else {
    const why = dryRun ? [] : torn(needs, attempt, names);
    const text =
      outcome === 'failed' && why.length > 0
        ? `this attempt did not take the release live whole: ${why.join('; ')}%0A  next: run all jobs again ("Re-run all jobs", not "Re-run failed jobs")`
        : `the release ended as ${outcome}; the failed job says why`;
    process.stdout.write(`::error::${text}\n`);
    process.exitCode = 1;
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) main();
