// Smoke checks: what they are (`loadChecks`), how they are held against a service (`runChecks`), and how that is told.
export type { Check, Checks, Gate } from './checks.ts';
export { checksOfUrls, type LoadOptions, loadChecks, parseChecks } from './document/load.ts';
export { selectChecks } from './document/select.ts';
export { renderJunit } from './report/junit.ts';
export { type CheckResult, describeFailures, type SmokeReport } from './report/report.ts';
export { renderSmokeSummary } from './report/summary.ts';
export { runChecks, type SmokeOptions, type SmokePorts } from './run/run.ts';
