import { ActionError, failed, refused } from '../runtime/errors.ts';

/** What an AWS call's failure means to us. */
export type AwsFailure =
  | 'missing'
  | 'denied'
  | 'credentials'
  | 'clock'
  | 'region'
  | 'conflict'
  | 'precondition'
  | 'throttled'
  | 'network'
  | 'invalid'
  | 'server'
  | 'other';

export interface AwsError {
  readonly kind: AwsFailure;
  readonly code: string;
  readonly status: number | undefined;
  readonly message: string;
  readonly requestId: string | undefined;
  /** How often the SDK has sent the request: what the first time did is not known from the last answer. */
  readonly attempts: number;
}

const KIND_OF_CODE: ReadonlyArray<readonly [RegExp, AwsFailure]> = [
  [/^(RequestTimeTooSkewed|RequestInTheFuture|RequestExpired)$/, 'clock'],
  [/^(NoSuch\w+|\w*NotFound(Exception)?|NotFound|\w*DoesNotExist\w*)$/, 'missing'],
  [/^(AccessDenied(Exception)?|UnauthorizedOperation|AllAccessDisabled|Forbidden)$/, 'denied'],
  [
    /^(CredentialsProviderError|ExpiredToken(Exception)?|InvalidClientTokenId|UnrecognizedClientException|InvalidAccessKeyId|SignatureDoesNotMatch|InvalidToken|MissingAuthenticationToken(Exception)?)$/,
    'credentials',
  ],
  [/^(PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraintException)$/, 'region'],
  [/^(PreconditionFailed|InvalidIfMatchVersion)$/, 'precondition'],
  [/^(ConditionalRequestConflict|OperationAborted|InvalidStateException|ConflictException)$/, 'conflict'],
  [/^(Throttl\w*|TooManyRequests\w*|SlowDown|RequestLimitExceeded|ServiceUnavailable)$/, 'throttled'],
  [
    /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE|EHOSTUNREACH|TimeoutError|RequestTimeout|ERR_PROXY_TUNNEL|ENETUNREACH)$/,
    'network',
  ],
  [/^(Validation\w*|Invalid\w*|Malformed\w*|ClientException|BadRequest\w*)$/, 'invalid'],
];

/** Reads whatever an SDK call threw. Pure: no SDK class is looked at, only the fields that all of them carry. */
export function readAwsError(error: unknown): AwsError {
  const e = (error ?? {}) as Record<string, unknown>;
  const metadata = (e['$metadata'] ?? {}) as {
    httpStatusCode?: number;
    requestId?: string;
    attempts?: number;
  };
  const systemCode = typeof e['code'] === 'string' ? e['code'] : undefined;
  const name = typeof e['name'] === 'string' && e['name'] !== 'Error' ? e['name'] : undefined;
  const code = systemCode ?? (typeof e['Code'] === 'string' ? e['Code'] : name) ?? 'UnknownError';
  const message = withoutSent(error instanceof Error ? error.message : String(error));
  return {
    kind: classify(code, metadata.httpStatusCode, message),
    code,
    status: metadata.httpStatusCode,
    message,
    requestId: metadata.requestId,
    attempts: metadata.attempts ?? 1,
  };
}

function classify(code: string, status: number | undefined, message: string): AwsFailure {
  if (/^Region (is missing|not accepted)/.test(message)) return 'region';
  // What says which clock is wrong stands in the text alone where the code is that of any bad signature.
  if (/^Signature (expired|not yet current)/.test(message)) return 'clock';
  for (const [pattern, kind] of KIND_OF_CODE) if (pattern.test(code)) return kind;
  if (status === 404) return 'missing';
  if (status === 403 || status === 401) return 'denied';
  if (status === 412) return 'precondition';
  if (status === 409) return 'conflict';
  if (status === 429) return 'throttled';
  if (status === 301) return 'region';
  return status !== undefined && status >= 500 ? 'server' : 'other';
}

const NEXT: Partial<Record<AwsFailure, string>> = {
  denied: 'grant this permission to the role that the job assumes (infra/terraform has the least policy)',
  credentials:
    'run aws-actions/configure-aws-credentials before this step, with `permissions: id-token: write` on the job; on a laptop, log in with the AWS CLI',
  region:
    'set AWS_REGION, or `aws-region` of configure-aws-credentials, to the region that the resource is in',
  clock: 'set the clock of this machine: AWS takes a request within minutes of its own time only',
  throttled: 'AWS kept throttling through all retries: run it again, or ask for a higher quota',
  network:
    'check that this machine reaches that address: the network, AWS_ENDPOINT_URL, HTTPS_PROXY and NO_PROXY; then run it again',
  server: 'AWS answered with a server error through all retries: see the AWS health page, then run it again',
};

export interface Asked {
  /** The call, as IAM names it: `s3:ListBucket`, `apprunner:DescribeService`. */
  readonly operation: string;
  /** What it was about: an ARN, `s3://bucket/key`, a name. */
  readonly resource: string;
  /** The input that named the resource. */
  readonly input?: string;
  /** What to do when the resource is not there. */
  readonly ifMissing?: string;
  /** Set once something has been changed: the outcome is then `failed` and not `refused`. */
  readonly afterChange?: boolean;
}

/** An AWS error as a problem that names the call, the resource, the input, and what to do. */
export function awsProblem(error: unknown, asked: Asked): ActionError {
  // It says already what it is: that the work was cancelled, most often.
  if (error instanceof ActionError) return error;
  const e = readAwsError(error);
  const make = asked.afterChange ? failed : refused;
  const missing =
    asked.ifMissing ??
    `correct ${asked.input ? `\`${asked.input}\`` : 'the name'} or create the resource; check the region and the account too`;
  return make({
    input: asked.input,
    what: `${asked.operation} on ${asked.resource} did not work`,
    found: `${e.code}${e.status ? ` (HTTP ${e.status})` : ''}: ${firstLine(e.message)}${e.requestId ? ` [request ${e.requestId}]` : ''}`,
    fix: e.kind === 'missing' ? missing : (deniedByPolicy(e, asked) ?? NEXT[e.kind]),
    cause: error,
  });
}

/**
 * AWS's validation repeats what it was sent: `Value '{KEY=value}' at '…runtimeEnvironmentVariables' failed to satisfy
 * constraint`. Values of variables are no part of a message of ours, and what is wrong stands behind them.
 */
const withoutSent = (text: string) =>
  text.slice(0, MESSAGE_LIMIT).replace(/\b(values? )'[\s\S]*' (at '[^']*environment[^']*')/gi, "$1'***' $2");
/** Characters of a message that are read: what explains an error stands at its front. */
const MESSAGE_LIMIT = 4000;

/** The bucket's own policy denies a write: most often one that demands an encryption by name. */
function deniedByPolicy(e: AwsError, { operation }: Asked): string | undefined {
  if (e.kind !== 'denied' || !operation.startsWith('s3:PutObject')) return undefined;
  if (!/explicit deny in a resource-based policy/.test(e.message)) return undefined;
  return "the bucket's policy denies it, whatever the role may do: where it demands the header x-amz-server-side-encryption, set `encryption` in the step of deploy-frontend (AES256, or aws:kms with the key), or grant s3:GetEncryptionConfiguration so that it is found from the bucket's default";
}

const ASKED = Symbol('what was asked');

/** Keeps what was asked with the error, so that whoever meets it in the end can explain it. @returns the error */
export function tagAsked(error: unknown, asked: Asked): unknown {
  if (typeof error === 'object' && error !== null && !(ASKED in error)) {
    Object.defineProperty(error, ASKED, { value: asked });
  }
  return error;
}

/** An error of AWS's that nobody has explained, as a problem; `undefined` where it is none. */
export function explainAws(error: unknown): ActionError | undefined {
  const asked = typeof error === 'object' && error !== null && (error as { [ASKED]?: Asked })[ASKED];
  return asked ? awsProblem(error, { ...asked, afterChange: true }) : undefined;
}

/** True where our credentials are no longer taken at all: also of an error that was explained. */
export const isWithoutCredentials = (error: unknown): boolean =>
  readAwsError(underneath(error)).kind === 'credentials';

/** What AWS said, beneath what we have made of it. */
function underneath(error: unknown): unknown {
  let under = error;
  while (under instanceof ActionError && under.problem.cause !== undefined) under = under.problem.cause;
  return under;
}

const firstLine = (text: string) => text.split('\n', 1)[0] ?? '';

/** True where `error` means that the resource does not exist. */
export const isMissing = (error: unknown): boolean => readAwsError(error).kind === 'missing';
/** True where a conditional request lost (HTTP 412). */
export const lostCondition = (error: unknown): boolean => readAwsError(error).kind === 'precondition';
/**
 * True for an error after which the operation may have been done all the same: the answer was lost, or that of an
 * earlier attempt of the SDK's.
 */
export function mayBeDone(error: unknown): boolean {
  const { kind, attempts } = readAwsError(error);
  return ['network', 'server', 'other'].includes(kind) || attempts > 1;
}
