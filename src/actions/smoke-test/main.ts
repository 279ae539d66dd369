import { writeFileSync } from 'node:fs';
import type { Action, ActionResult, Job } from '../../runtime/action.ts';
import { messageOf } from '../../runtime/errors.ts';
import type { AnyOutcome } from '../../runtime/outcome.ts';
import {
  type Checks,
  checksOfUrls,
  describeFailures,
  loadChecks,
  renderJunit,
  renderSmokeSummary,
  runChecks,
  type SmokeReport,
  selectChecks,
} from '../../smoke/index.ts';
import { readCheckSecrets } from '../check-secrets.ts';
import { makeReportFile } from '../report-file.ts';
import { readConfig, type SmokeConfig } from './inputs.ts';
import { action } from './interface.ts';

type SmokeJob = Job<typeof action>;

async function main(job: SmokeJob): Promise<ActionResult<typeof action>> {
  const config = readConfig(job.inputs);
  const secrets = readCheckSecrets(job.inputs.lines('check-secrets'), (value) => job.log.mask(value));
  const env = { ...job.env, ...secrets };
  const checks = selectChecks(await readChecks(config, { ...job, env }), config.tags);
  // Before the first request: a report that has no place is found now and not when it is needed.
  const place = (path: string | undefined, input: string) =>
    makeReportFile({ path, input, name: 'smoke-report' }, job);
  const reportFile = place(config.reportFile, 'report-file');
  const junitFile = config.junitFile && place(config.junitFile, 'junit-file');
  const { log, clock, signal } = job;
  const report = await runChecks(
    checks,
    { log, clock, signal },
    { budget: config.budget, baseUrl: config.baseUrl },
  );
  writeReport(reportFile, `${JSON.stringify(report, undefined, 2)}\n`, job);
  if (junitFile) writeReport(junitFile, renderJunit(report), job);
  return toResult(report, reportFile);
}

function readChecks({ source }: SmokeConfig, { env, log, run }: SmokeJob): Promise<Checks> | Checks {
  if ('urls' in source) return checksOfUrls(source.urls, { env });
  return loadChecks(source.file, { env, log, workspace: run.workspace });
}

function writeReport(path: string, text: string, { log }: SmokeJob): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    log.warning(`the report ${path} could not be written: ${messageOf(error)}`);
  }
}

function toResult(report: SmokeReport, path: string): ActionResult<typeof action> {
  const { results } = report;
  const unmet = (gate: 'rollback' | 'warn') =>
    results.filter((result) => result.result !== 'passed' && result.gate === gate).length;
  const outcome: AnyOutcome = report.ended === 'interrupted' ? 'interrupted' : report.outcome;
  return {
    outcome,
    outputs: {
      passed: String(report.totals.passed),
      failed: String(unmet('rollback')),
      warned: String(unmet('warn')),
      report: path,
    },
    summary: renderSmokeSummary(report),
    problem: problemOf(report, outcome),
  };
}

function problemOf(report: SmokeReport, outcome: AnyOutcome): string | undefined {
  if (outcome === 'passed') return undefined;
  const bad = report.totals.checks - report.totals.passed;
  const head = outcome === 'interrupted' ? 'the job was cancelled; ' : '';
  return [
    `${head}${bad} of ${report.totals.checks} smoke checks did not pass`,
    ...describeFailures(report).map((line) => `  ${line}`),
  ].join('\n');
}

export const definition: Action<typeof action> = { action, main };
