import { randomBytes } from 'node:crypto';
import { operation, rpcService } from '../../core/rpc.ts';
import {
  type CloudContext,
  CloudFault,
  type CloudRequest,
  type Service,
  type WireFault,
} from '../../core/service.ts';
import { int, required, str, struct } from '../../core/shape.ts';

const ROLE_ARN = /^arn:aws[\w-]*:iam::(\d{12}):role\/(?:[\w+=,.@/-]*\/)?([\w+=,.@-]{1,64})$/;
const SESSION = { min: 2, max: 64, pattern: /^[\w+=,.@-]*$/ };
/** Seconds: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
const DURATION = { min: 900, max: 43_200 };

const role = { RoleArn: required(str({ min: 20, max: 2048 })), RoleSessionName: required(str(SESSION)) };

/** STS: who am I, and roles to assume. Any role can be assumed: there is no IAM here to say no. */
export function stsService(context: CloudContext): Service {
  /** Access keys that were given out, and whom they stand for; a restart forgets them. */
  const sessions = new Map<string, string>();

  const assume = (roleArn: string, session: string, seconds: number) => {
    const match = ROLE_ARN.exec(roleArn);
    if (!match) throw new CloudFault('ValidationError', `${roleArn} is invalid`, 400);
    const accessKey = `ASIA${randomBytes(10).toString('hex').toUpperCase().slice(0, 16)}`;
    const arn = `arn:aws:sts::${match[1]}:assumed-role/${match[2]}/${session}`;
    sessions.set(accessKey, arn);
    return {
      Credentials: {
        AccessKeyId: accessKey,
        SecretAccessKey: randomBytes(30).toString('base64'),
        SessionToken: randomBytes(96).toString('base64'),
        Expiration: new Date(context.now() + seconds * 1000),
      },
      AssumedRoleUser: { AssumedRoleId: `AROA${accessKey.slice(4)}:${session}`, Arn: arn },
      PackedPolicySize: 6,
    };
  };

  const caller = (request: CloudRequest) => {
    const assumed = sessions.get(request.accessKey ?? '');
    return assumed
      ? {
          Arn: assumed,
          UserId: `AROA${request.accessKey?.slice(4)}:${assumed.split('/').at(-1)}`,
          Account: assumed.split(':')[4],
        }
      : {
          Arn: `arn:aws:iam::${context.account}:user/local-cloud`,
          UserId: 'AIDALOCALCLOUD000000',
          Account: context.account,
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
          requireSignature(request);
          return caller(request);
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

function requireSignature(request: CloudRequest): void {
  if (!request.signed) {
    throw new CloudFault('MissingAuthenticationToken', 'Request is missing Authentication Token', 403);
  }
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
