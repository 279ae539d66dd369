import type { Check } from '../preflight.ts';
import { alarms } from './alarms.ts';
import { appRunner } from './apprunner.ts';
import { cost } from './cost.ts';
import { distribution } from './distribution.ts';
import { domain } from './domain.ts';
import { ecs } from './ecs.ts';
import { health } from './health.ts';
import { identity } from './identity.ts';
import { image } from './image.ts';
import { logs } from './logs.ts';
import { permissions } from './permissions.ts';
import { releaseBucket } from './release-bucket.ts';
import { repository } from './repository.ts';
import { repositoryLifecycle } from './repository-lifecycle.ts';
import { secrets } from './secrets.ts';
import { siteBucket } from './site-bucket.ts';
import { variables } from './variables.ts';
import { vectorStore } from './vector-store.ts';

/** The checklist, in the order of the report. A new check is a new file and one line here. */
export const CHECKS: readonly Check[] = [
  identity,
  permissions,
  releaseBucket,
  siteBucket,
  distribution,
  domain,
  repository,
  repositoryLifecycle,
  image,
  appRunner,
  ecs,
  health,
  variables,
  secrets,
  logs,
  alarms,
  vectorStore,
  cost,
];
