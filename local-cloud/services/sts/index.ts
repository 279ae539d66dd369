import { operation, rpcService } from '../../core/rpc.ts';
import {
  type CloudContext,
  CloudFault,
  type CloudRequest,
  type Service,
  type WireFault,
} from '../../core/service.ts';
import { int, required, str, struct } from '../../core/shape.ts';
import type { Holder } from '../../core/signature/verify.ts';

const ROLE_ARN = /^arn:aws[\w-]*:iam::(\d{12}):role\/(?:[\w+=,.@/-]*\/)?([\w+=,.@-]{1,64})$/;
const SESSION = { min: 2, max: 64, pattern: /^[\w+=,.@-]*$/ };
/** Seconds: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
const DURATION = { min: 900, max: 43_200 };

const role = { RoleArn: required(str({ min: 20, max: 2048 })), RoleSessionName: required(str(SESSION)) };

/** STS: who am I, and roles to assume. Any role can be assumed: there is no IAM here to say no. */
export function stsService(context: CloudContext): Service {
  const assume = (roleArn: string, session: string, seconds: number) => {
    const match = ROLE_ARN.exec(roleArn);
    if (!match) throw new CloudFault('ValidationError', `${roleArn} is invalid`, 400);
    const [, account = '', name] = match;
    const issued = context.keys.issue(
      (accessKey) => ({
        arn: `arn:aws:sts::${account}:assumed-role/${name}/${session}`,
        role: roleArn,
        userId: `AROA${accessKey.slice(4)}:${session}`,
        account,
      }),
      context.now() + seconds * 1000,
    );
    return {
      Credentials: {
        AccessKeyId: issued.accessKey,
        SecretAccessKey: issued.secret,
        SessionToken: issued.token,
        Expiration: new Date(issued.session.expires),
      },
      AssumedRoleUser: { AssumedRoleId: issued.session.userId, Arn: issued.session.arn },
      PackedPolicySize: 6,
    };
  };

  const service = rpcService({
    name: 'sts',
    target: '',
    queryNamespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
    invalidCode: 'ValidationError',
    operations: {
      GetCallerIdentity: operation({
        input: struct({}),
        iam: [],
        handle: (_input, request) => {
          const { arn, userId, account } = requireSignature(request);
          return { Arn: arn, UserId: userId, Account: account };
        },
      }),
      AssumeRole: operation({
        input: struct({ ...role, DurationSeconds: int(DURATION), ExternalId: str(), Policy: str() }),
        resource: (input) => input.RoleArn,
        handle: (input, request) => {
          requireSignature(request);
          return assume(input.RoleArn, input.RoleSessionName, input.DurationSeconds ?? 3600);
        },
      }),
      AssumeRoleWithWebIdentity: operation({
        input: struct({
          ...role,
          WebIdentityToken: required(str({ min: 4, max: 20_000 })),
          DurationSeconds: int(DURATION),
          ProviderId: str(),
        }),
        resource: (input) => input.RoleArn,
        handle: (input) => {
          const claims = tokenClaims(input.WebIdentityToken);
          return {
            ...assume(input.RoleArn, input.RoleSessionName, input.DurationSeconds ?? 3600),
            SubjectFromWebIdentityToken: String(claims['sub'] ?? ''),
            Audience: String(claims['aud'] ?? ''),
            Provider: String(claims['iss'] ?? ''),
          };
        },
      }),
    },
  });
  return { ...service, wireFault: stsWireFault };
}

function stsWireFault(kind: WireFault): CloudFault {
  if (kind === 'throttle') return new CloudFault('Throttling', 'Rate exceeded', 400);
  if (kind === 'denied')
    return new CloudFault('AccessDenied', 'User is not authorized to perform this action', 403);
  return new CloudFault('ExpiredToken', 'The security token included in the request is expired', 403);
}

function requireSignature(request: CloudRequest): Holder {
  if (request.holder) return request.holder;
  throw new CloudFault('MissingAuthenticationToken', 'Request is missing Authentication Token', 403);
}

/** The claims of a JWT, whose signature is not verified: there is no provider to ask. */
function tokenClaims(token: string): Record<string, unknown> {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    if (typeof claims === 'object' && claims !== null) return claims as Record<string, unknown>;
  } catch {
    // Said below, like a token with no claims at all.
  }
  throw new CloudFault(
    'InvalidIdentityToken',
    'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)',
    400,
  );
}
