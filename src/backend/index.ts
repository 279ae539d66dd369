/** A container image onto a service that runs it: snapshot, plan, rollout, verdict, and the way back. */

export { awsClients } from './clients.ts';
export type {
  BackendAws,
  BackendConfig,
  BackendPorts,
  BeforeUs,
  GateAnswer,
  Journal,
  MigrationConfig,
} from './config.ts';
export { deployBackend } from './deploy.ts';
export {
  type Environment,
  mergeEnvironments,
  parseEnvironment,
  parseSecretLines,
} from './env-file.ts';
export { isServiceGone } from './gone.ts';
export { digestOf, parseImageRef, shortImage } from './image-ref.ts';
export { cleanUpInterrupted } from './interrupted.ts';
export { parseNetwork } from './migrate.ts';
export type { PlanEntry } from './plan.ts';
export { planLines } from './plan.ts';
export { probeFailures, probeTable } from './probe-chart.ts';
export { formatPercent } from './probe-statistics.ts';
export {
  type BackendRestoration,
  type BackendRestorePlan,
  planRestoreBackend,
  type RestoreConfig,
  restoreBackend,
} from './release.ts';
export type { BackendResult } from './result.ts';
export type { RecordedSecrets } from './secrets.ts';
export { parseServiceRef, type ServiceRef } from './service-ref.ts';
export { normalCpu, normalMemory } from './sizes.ts';
export type { Scaling, TargetKind } from './spec.ts';
export type { Undo } from './undo.ts';
export { refuseOpenQuote } from './words.ts';
