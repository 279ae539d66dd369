import { serviceSettings } from '../parts/service/file-settings.ts';
import { siteSettings } from '../parts/site/file-settings.ts';
import type { PartSettings } from '../runtime/document/setting.ts';

/** Inputs of every deploying action that the file says outside of its parts. */
const SAID_BY_FILE: PartSettings['elsewhere'] = {
  part: 'the name under `parts`',
  environment: 'the name under `environments`',
  'release-bucket': '`release-bucket` of the file',
  'lock-timeout': '`lock-timeout` of the file',
  'rollback-on-failure': '`rollback-on-failure` of the file',
  'history-page': '`history-page` of the file',
};

/** Inputs of every deploying action that are a matter of one run. */
const PER_RUN: PartSettings['perRun'] = {
  'release-id': 'names this one release',
  'dry-run': 'this run plans, or acts',
  'allow-older-commit': 'a decision about this one release',
  'replace-part': 'a decision about this one release',
  'check-secrets': 'values of secrets stand in no file',
  'github-token': 'a token stands in no file',
};

/** The kinds of parts that a release file may have: given to its reader, which knows none. */
export const PART_KINDS: readonly PartSettings[] = [serviceSettings, siteSettings].map((kind) => ({
  ...kind,
  elsewhere: { ...SAID_BY_FILE, ...kind.elsewhere },
  perRun: { ...PER_RUN, ...kind.perRun },
}));
