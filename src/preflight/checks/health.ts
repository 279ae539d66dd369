import type { DescribeServiceResponse } from '@aws-sdk/client-apprunner';
import { messageOf } from '../../runtime/errors.ts';
import { networkFetch } from '../../runtime/network-fetch.ts';
import { publicUrl } from '../../runtime/url.ts';
import { advice, fromError, ok, unknown } from '../finding.ts';
import { appRunnerArn } from '../places.ts';
import type { Check } from '../preflight.ts';

/** Milliseconds that the service has: App Runner's own checks wait no longer than 20 s. */
const TIMEOUT = 10_000;

/** What runs now answers on its health path: a broken service is no snapshot to return to. */
export const health: Check = {
  id: 'health',
  title: 'Health of what runs',
  applies: ({ backend }) => backend?.target === 'apprunner',
  async run({ backend }, { aws, signal }) {
    if (!backend) return [];
    try {
      const arn = await appRunnerArn(aws, backend);
      if (!arn) return [unknown('the service was not found')];
      const { Service: service } = await aws.json<DescribeServiceResponse>('appRunner', 'DescribeService', {
        ServiceArn: arn,
      });
      const path = service?.HealthCheckConfiguration?.Path ?? '/';
      return [await ask(`${publicUrl(service?.ServiceUrl ?? '')}${path}`, signal)];
    } catch (error) {
      signal.throwIfAborted();
      return [fromError(error, 'apprunner:DescribeService', () => unknown('the service was not found'))];
    }
  },
};

async function ask(url: string, signal: AbortSignal) {
  try {
    const answer = await networkFetch(url, {
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)]),
    });
    await answer.body?.cancel();
    if (answer.status < 400) return ok(`${url} answers ${answer.status}`);
    return advice(
      `${url} answers ${answer.status}: what runs now is not healthy, and an automatic rollback would return to it`,
      'a first release that works makes it so',
    );
  } catch (error) {
    signal.throwIfAborted();
    const cause = (error as { cause?: unknown }).cause;
    return unknown(
      `${url} does not answer this runner: ${messageOf(cause ?? error)}`,
      'a private service (VPC ingress) is reached from its network only',
    );
  }
}
