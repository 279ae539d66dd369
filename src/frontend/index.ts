// A folder onto S3 and CloudFront: `deploySite` takes one live, `planRestoreSite` and `restoreSite` make an earlier
// release live again, `recoverSite` puts right what a stopped run left.
export { ActivationError } from './activation.ts';
export { cacheRule, globMatcher } from './cache-rules.ts';
export { deploySite } from './deploy.ts';
export type {
  DeploySiteConfig,
  DeploySitePorts,
  DeploySiteResult,
  GateAnswer,
} from './deploy-types.ts';
export { headerLine } from './header-rules.ts';
export type { DeletionLimit } from './mass-removal.ts';
export { type ListedPlan, listPlan, planJson } from './plan-json.ts';
export { planLines } from './plan-lines.ts';
export { type Recovery, recoverSite } from './recover.ts';
export {
  planRestoreSite,
  type RestoreConfig,
  type RestorePlan,
  type RestorePorts,
  restoreSite,
} from './restore.ts';

export { mountAt } from './site.ts';
export type { Encoding } from './stored-encoding.ts';
export { notVerified, renderSiteSummary } from './summary.ts';
export type {
  Activated,
  ActivationOptions,
  ActivationReport,
  Finished,
  SitePlace,
  SitePorts,
} from './types.ts';
export { carry } from './write-options.ts';
