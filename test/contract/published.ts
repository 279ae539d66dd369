/** Names that users write into their workflows. Add to them; never rename and never remove within a major version. */
interface Published {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

const words = (text: string) => text.trim().split(/\s+/);

const SHARED_INPUTS = words(
  'environment release-bucket release-id dry-run rollback-on-failure smoke-checks wait-timeout lock-timeout allow-older-commit',
);
const SHARED_OUTPUTS = words('outcome release-id plan duration-seconds');

export const PUBLISHED: Readonly<Record<string, Published>> = {
  'push-image': {
    inputs: words(
      'repository context dockerfile target build-args platform tags cache engine scan-gate dry-run',
    ),
    outputs: words('image digest tag pushed'),
  },
  'deploy-backend': {
    inputs: [
      ...words(
        'service target cluster container image env-file environment-variables secrets port start-command cpu',
      ),
      ...words('memory alarms bake-time probe-url probe-interval max-error-rate migrate-command'),
      ...SHARED_INPUTS,
    ],
    outputs: [...words('service-url image previous-image operation-id availability'), ...SHARED_OUTPUTS],
  },
  'deploy-frontend': {
    inputs: [
      ...words(
        'source bucket prefix distribution cache-control exclude retain-releases keep-releases max-delete',
      ),
      ...words('site-url verify verify-headers wait-for-invalidation concurrency'),
      ...SHARED_INPUTS,
    ],
    outputs: [
      ...words(
        'uploaded unchanged deleted bytes-uploaded requests invalidation-id invalidated-paths site-url',
      ),
      ...SHARED_OUTPUTS,
    ],
  },
  rollback: {
    inputs: words(
      'environment release-bucket to scope service bucket distribution reason smoke-checks dry-run wait-timeout lock-timeout',
    ),
    outputs: words('outcome release-id restored-release replaced-release plan duration-seconds'),
  },
  'smoke-test': {
    inputs: words('checks urls base-url budget junit-file'),
    outputs: words('outcome passed failed report'),
  },
  test: { inputs: words('working-directory python-version node-version command'), outputs: [] },
};
