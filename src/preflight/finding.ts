import { type AwsError, readAwsError } from '../aws/errors.ts';

/**
 * `wrong`: a deployment would fail, or be unsafe. `advice`: it would work, and could be better. `unknown`: it could not
 * be asked; that is a third answer and no pass.
 */
export type Status = 'ok' | 'advice' | 'unknown' | 'wrong';

/** One thing that was looked at. */
export interface Finding {
  readonly status: Status;
  /** The thing and its state, in one sentence without a full stop. */
  readonly what: string;
  /** Exactly what to do: a command, a setting. */
  readonly fix?: string | undefined;
}

export const ok = (what: string): Finding => ({ status: 'ok', what });
export const wrong = (what: string, fix: string): Finding => ({ status: 'wrong', what, fix });
export const advice = (what: string, fix: string): Finding => ({ status: 'advice', what, fix });
export const unknown = (what: string, fix?: string): Finding => ({ status: 'unknown', what, fix });

/** Met or not, as one finding. */
export function expectThat(met: boolean, good: string, otherwise: Finding): Finding {
  return met ? ok(good) : otherwise;
}

/**
 * An error of AWS as a finding: denied, throttled or out of reach is unknown; a resource that is not there is `missing`.
 * @param asked the permission that was used, such as `s3:GetBucketVersioning`
 */
export function fromError(error: unknown, asked: string, missing: (error: AwsError) => Finding): Finding {
  const e = readAwsError(error);
  const line = `${e.code}${e.status ? ` (HTTP ${e.status})` : ''}: ${e.message.split('\n', 1)[0]}`;
  switch (e.kind) {
    case 'missing':
      return missing(e);
    case 'credentials':
      return wrong(`${asked}: ${line}`, CREDENTIALS);
    case 'region':
      return wrong(
        `${asked}: ${line}`,
        'set AWS_REGION, or `aws-region` of configure-aws-credentials, to the region of the resource',
      );
    case 'denied':
      return unknown(
        `${asked} is denied to this role, so this could not be looked at`,
        `grant ${asked} to see it here (deployments may do without)`,
      );
    case 'invalid':
      return wrong(`${asked}: ${line}`, 'correct the input that names it');
    default:
      if (e.status === 501) return unknown(`the server at this endpoint does not offer ${asked}`);
      return unknown(`${asked} was not answered: ${line}`, 'run it again');
  }
}

export const CREDENTIALS =
  'run aws-actions/configure-aws-credentials before this step, with `permissions: id-token: write` on the job; on a laptop, log in with the AWS CLI';
