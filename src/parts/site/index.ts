// A folder onto S3 and CloudFront: `deploySite` takes one live, `planRestoreSite` and `restoreSite` make an earlier
// release live again, `recoverSite` puts right what a stopped run left.

export { deploySite } from './deploy.ts';
export type {
  DeploySiteConfig,
  DeploySitePorts,
  DeploySiteResult,
  GateAnswer,
} from './deploy-types.ts';
export { ActivationError } from './live/activation.ts';
export { type Recovery, recoverSite } from './live/recover.ts';
export {
  planRestoreSite,
  type RestoreConfig,
  type RestorePlan,
  type RestorePorts,
  restoreSite,
  stageRestore,
} from './live/restore.ts';
export { prepareSitePart, type SitePartPorts } from './part.ts';
export type { DeletionLimit } from './plan/mass-removal.ts';
export { type ListedPlan, listPlan, planJson } from './plan/plan-json.ts';
export { planLines } from './plan/plan-lines.ts';
export { cacheRule, globMatcher } from './scan/cache-rules.ts';
export { headerLine } from './scan/header-rules.ts';
export type { Encoding } from './scan/stored-encoding.ts';
export { mountAt } from './site.ts';
export { sitesOf } from './store/owner.ts';
export { carry } from './store/write-options.ts';
export { notVerified, renderSiteSummary } from './summary.ts';
export type {
  Activated,
  ActivationOptions,
  ActivationReport,
  Finished,
  SitePlace,
  SitePorts,
} from './types.ts';
