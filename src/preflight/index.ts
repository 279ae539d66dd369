// Is everything in place? The checklist as a command: one check a file, each with the exact fix, nothing changed.
export { CHECKS } from './checks/index.ts';
export type { PreflightConfig } from './config.ts';
export type { Finding, Status } from './finding.ts';
export { type Check, type PreflightPorts, type PreflightReport, runPreflight } from './preflight.ts';
export { renderPreflightSummary } from './summary.ts';
