import { xmlAt } from '../../aws/xml.ts';
import { advice, type Finding, fromError, ok, wrong } from '../finding.ts';
import type { Check } from '../preflight.ts';

/** Who we are, and where. GetCallerIdentity needs no permission. */
export const identity: Check = {
  id: 'identity',
  title: 'AWS identity',
  first: true,
  applies: () => true,
  async run(_config, { aws }) {
    try {
      const answer = await aws.query('STS', 'GetCallerIdentity', {});
      const arn = xmlAt(answer, 'GetCallerIdentityResult', 'Arn');
      return [...judgeIdentity(arn), ok(`the region is ${await aws.region()}`)];
    } catch (error) {
      return [
        fromError(error, 'sts:GetCallerIdentity', () =>
          wrong('nobody answers for STS', 'check AWS_ENDPOINT_URL'),
        ),
      ];
    }
  },
};

/** A role that is assumed for the job is best; a user's key lives until somebody deletes it. */
export function judgeIdentity(arn: string): Finding[] {
  const account = arn.split(':')[4] ?? '';
  if (/:assumed-role\//.test(arn)) return [ok(`${arn} of account ${account}`)];
  if (arn.endsWith(':root')) {
    return [
      wrong(
        `these are the root user's keys of account ${account}`,
        'delete the root access key and assume a role by OIDC',
      ),
    ];
  }
  return [
    ok(`${arn} of account ${account}`),
    advice(
      'an IAM user with a key that does not expire, not a role',
      'assume a role by OIDC: aws-actions/configure-aws-credentials with `role-to-assume`, and `permissions: id-token: write`',
    ),
  ];
}
