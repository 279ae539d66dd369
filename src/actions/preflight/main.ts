import { setMaxListeners } from 'node:events';
import { writeFileSync } from 'node:fs';
import { awsReader } from '../../aws/reader.ts';
import {
  CHECKS,
  type Check,
  type PreflightReport,
  renderPreflightSummary,
  runPreflight,
} from '../../preflight/index.ts';
import type { Action, ActionResult, Job } from '../../runtime/action.ts';
import { ActionError } from '../../runtime/errors.ts';
import { makeReportFile } from '../report-file.ts';
import { readInputs } from './inputs.ts';
import { action } from './interface.ts';

type PreflightJob = Job<typeof action>;

async function main(job: PreflightJob): Promise<ActionResult<typeof action>> {
  const { log, clock, signal } = job;
  const { config, region, smokeChecks, reportFile } = readInputs(job);
  const path = makeReportFile({ path: reportFile, input: 'report-file', name: 'preflight-report' }, job);
  // Each request under way listens to it.
  setMaxListeners(0, signal);
  const aws = awsReader({ region, signal }, clock);
  try {
    const checks = smokeChecks ? [...CHECKS, smokeChecksFile(smokeChecks, job)] : CHECKS;
    const report = await runPreflight(config, checks, { aws, log, clock, signal });
    writeFileSync(path, `${JSON.stringify(report, undefined, 2)}\n`);
    return toResult(report, path);
  } finally {
    aws.close();
  }
}

/** The checks file, read as the deployments read it. Here and not among the others: smoke checks are a room of their own. */
function smokeChecksFile(path: string, { env, run }: PreflightJob): Check {
  return {
    id: 'smoke-checks',
    title: 'Smoke checks',
    applies: () => true,
    async run() {
      try {
        const { loadChecks } = await import(/* webpackChunkName: "smoke" */ '../../smoke/index.ts');
        const { checks } = await loadChecks(path, {
          env,
          workspace: run.workspace,
          input: 'smoke-checks',
          baseUrlFollows: true,
        });
        return [
          { status: 'ok', what: `${path} has ${checks.length} ${checks.length === 1 ? 'check' : 'checks'}` },
        ];
      } catch (error) {
        if (!(error instanceof ActionError)) throw error;
        const { what, details = [], fix } = error.problem;
        return [{ status: 'wrong', what: [what, ...details].join('; '), fix }];
      }
    },
  };
}

function toResult(report: PreflightReport, path: string): ActionResult<typeof action> {
  const { outcome, totals, checks } = report;
  const bad = checks.flatMap(({ title, findings }) =>
    findings
      .filter(
        ({ status }) =>
          status === 'wrong' || (status === 'unknown' && outcome === 'failed' && totals.wrong === 0),
      )
      .map(({ what, fix }) => `  ${title}: ${what}${fix ? `\n    next: ${fix}` : ''}`),
  );
  return {
    outcome,
    outputs: { wrong: String(totals.wrong), unknown: String(totals.unknown), report: path },
    summary: renderPreflightSummary(report),
    problem:
      outcome === 'failed'
        ? [
            `${bad.length} ${bad.length === 1 ? 'thing is' : 'things are'} not in place; nothing was changed`,
            ...bad,
          ].join('\n')
        : undefined,
  };
}

/** Many questions, one after another where one needs the answer of another: none may wait long. */
const PATIENCE = 30_000;

export const definition: Action<typeof action> = { action, main, patience: PATIENCE };
