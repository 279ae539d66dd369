/** A container image onto a service that runs it: snapshot, plan, rollout, verdict, and the way back. */

export { sayLoad } from './candidate/load.ts';
export { awsClients } from './deploy/clients.ts';
export { deployBackend } from './deploy/deploy.ts';
export { isServiceGone } from './deploy/gone.ts';
export { cleanUpInterrupted } from './deploy/interrupted.ts';
export { parseNetwork } from './deploy/migrate.ts';
export { servicePartOf } from './deploy/recorded.ts';
export {
  type BackendRestoration,
  type BackendRestorePlan,
  planRestoreBackend,
  type RestoreConfig,
  restoreBackend,
} from './deploy/release.ts';
export type { BackendResult } from './deploy/result.ts';
export type { Undo } from './deploy/undo.ts';
export { prepareServicePart, type ServicePartPorts } from './part.ts';
export type {
  BackendAws,
  BackendConfig,
  BackendPorts,
  BeforeUs,
  GateConfig,
  Journal,
  MigrationConfig,
} from './plan/config.ts';
export {
  type Environment,
  mergeEnvironments,
  parseEnvironment,
  parseSecretLines,
} from './plan/env-file.ts';
export { digestOf, parseImageRef, shortImage } from './plan/image-ref.ts';
export type { PlanEntry } from './plan/plan.ts';
export { planLines } from './plan/plan.ts';
export type { RecordedSecrets } from './plan/secrets.ts';
export { parseServiceRef, type ServiceRef } from './plan/service-ref.ts';
export { normalCpu, normalMemory } from './plan/sizes.ts';
export type { Scaling, TargetKind } from './plan/spec.ts';
export { probeFailures, probeTable } from './probe/probe-chart.ts';
export { formatPercent } from './probe/probe-statistics.ts';
export type { GateAnswer } from './verdict/gate-answer.ts';
export { refuseOpenQuote } from './verdict/words.ts';
