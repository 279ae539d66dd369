import { CloudFault } from '../fault.ts';
import { shortTime } from './claim.ts';
import { MAX_SKEW, type Problem } from './problem.ts';

/** How a service says what is wrong with a signature: S3, the services of JSON and CBOR, those of Query and REST-XML. */
export type Dialect = 's3' | 'json' | 'query';

/** AWS's own error for a problem, in the words of a service. */
export function signatureFault(problem: Problem, dialect: Dialect): CloudFault {
  return dialect === 's3' ? s3Fault(problem) : commonFault(problem, dialect);
}

type Kind = Problem['problem'];

/**
 * Codes and statuses that the JSON services and those of Query and REST-XML have for the same thing:
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/CommonErrors.html,
 * https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
 */
const COMMON: Readonly<
  Record<'incomplete' | 'invalid' | 'key' | 'expired', readonly [string, string, number]>
> = {
  incomplete: ['IncompleteSignatureException', 'IncompleteSignature', 400],
  invalid: ['InvalidSignatureException', 'SignatureDoesNotMatch', 403],
  key: ['UnrecognizedClientException', 'InvalidClientTokenId', 403],
  expired: ['ExpiredTokenException', 'ExpiredToken', 403],
};

const CODE: Readonly<Record<Kind, keyof typeof COMMON>> = {
  'old-version': 'incomplete',
  algorithm: 'incomplete',
  incomplete: 'incomplete',
  'no-date': 'incomplete',
  credential: 'incomplete',
  url: 'incomplete',
  scope: 'invalid',
  skewed: 'invalid',
  'url-early': 'invalid',
  'url-expired': 'invalid',
  'unsigned-headers': 'invalid',
  'no-payload-hash': 'invalid',
  mismatch: 'invalid',
  'unknown-key': 'key',
  'bad-token': 'key',
  'expired-token': 'expired',
};

function commonFault(problem: Problem, dialect: 'json' | 'query'): CloudFault {
  const [json, query, status] = COMMON[CODE[problem.problem]];
  return dialect === 'json'
    ? new CloudFault(json, commonText(problem), 400)
    : new CloudFault(query, commonText(problem), status);
}

const MINUTES = MAX_SKEW / 60_000;

function commonText(problem: Problem): string {
  switch (problem.problem) {
    case 'old-version':
    case 'algorithm':
      return "Unsupported AWS 'algorithm': AWS4-HMAC-SHA256 is needed.";
    case 'incomplete':
      return `${problem.missing.map((name) => `Authorization header requires '${name}' parameter.`).join(' ')} Authorization=${problem.authorization}`;
    case 'no-date':
      return `Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=${problem.authorization}`;
    case 'credential':
      return `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${problem.found}'`;
    case 'url':
      return 'AWS query-string parameters must include X-Amz-Algorithm, X-Amz-Credential, X-Amz-Date, X-Amz-SignedHeaders and X-Amz-Signature, in their forms.';
    case 'scope':
      return scopeText(problem);
    case 'skewed':
      return skewText(problem);
    case 'url-early':
      return `Signature not yet current: ${shortTime(problem.at)} is still later than ${shortTime(problem.now + MAX_SKEW)} (${shortTime(problem.now)} + ${MINUTES} min.)`;
    case 'url-expired':
      return `Signature expired: ${shortTime(problem.at + problem.expires * 1000)} is now earlier than ${shortTime(problem.now)}`;
    case 'unknown-key':
    case 'bad-token':
      return 'The security token included in the request is invalid.';
    case 'expired-token':
      return 'The security token included in the request is expired';
    case 'unsigned-headers':
      return problem.names
        .map((name) => `'${name}' must be a 'SignedHeader' in the AWS Authorization.`)
        .join(' ');
    case 'no-payload-hash':
    case 'mismatch':
      return 'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.';
  }
}

type Of<K extends Kind> = Extract<Problem, { problem: K }>;

function scopeText({ part, found, wanted }: Of<'scope'>): string {
  switch (part) {
    case 'terminator':
      return `Credential should be scoped with a valid terminator: 'aws4_request', not '${found}'.`;
    case 'date':
      return `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${found}' != '${wanted.slice(0, 8)}', from '${wanted}'.`;
    case 'region':
      return `Credential should be scoped to a valid region${wanted ? `, not '${found}'` : ''}.`;
    case 'service':
      return `Credential should be scoped to correct service: '${wanted}'.`;
  }
}

function skewText({ at, now }: Of<'skewed'>): string {
  const server = shortTime(now);
  return at < now
    ? `Signature expired: ${shortTime(at)} is now earlier than ${shortTime(now - MAX_SKEW)} (${server} - ${MINUTES} min.)`
    : `Signature not yet current: ${shortTime(at)} is still later than ${shortTime(now + MAX_SKEW)} (${server} + ${MINUTES} min.)`;
}

const malformed = (why: string, extra: Readonly<Record<string, string>> = {}) =>
  new CloudFault('AuthorizationHeaderMalformed', `The authorization header is malformed; ${why}`, 400, extra);

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
function s3Fault(problem: Problem): CloudFault {
  switch (problem.problem) {
    case 'old-version':
    case 'algorithm':
      return new CloudFault(
        'InvalidRequest',
        'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.',
      );
    case 'incomplete':
      return malformed(
        `the authorization header requires three components: Credential, SignedHeaders, and Signature.`,
      );
    case 'no-date':
      return new CloudFault(
        'AccessDenied',
        'AWS authentication requires a valid Date or x-amz-date header',
        403,
      );
    case 'credential':
      return malformed(
        `the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".`,
      );
    case 'scope':
      return s3Scope(problem);
    case 'url':
      return urlFault(problem.why);
    case 'no-payload-hash':
      return new CloudFault(
        'InvalidRequest',
        'Missing required header for this request: x-amz-content-sha256',
      );
    default:
      return s3Denial(problem);
  }
}

function s3Scope({ part, found, wanted }: Of<'scope'>): CloudFault {
  switch (part) {
    case 'terminator':
      return malformed(`incorrect terminal "${found}". This endpoint uses "aws4_request".`);
    case 'service':
      return malformed(`incorrect service "${found}". This endpoint belongs to "${wanted}".`);
    case 'date':
      return malformed(
        `Invalid credential date "${found}". This date is not the same as X-Amz-Date: "${wanted.slice(0, 8)}".`,
      );
    case 'region':
      return malformed(
        wanted ? `the region '${found}' is wrong; expecting '${wanted}'` : `the region '${found}' is wrong`,
        wanted ? { Region: wanted } : {},
      );
  }
}

function urlFault(why: Of<'url'>['why']): CloudFault {
  const texts = {
    algorithm: 'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"',
    missing:
      'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.',
    date: "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"",
    expires:
      'X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds',
  };
  return new CloudFault('AuthorizationQueryParametersError', texts[why]);
}

type Denial = Of<
  | 'skewed'
  | 'url-early'
  | 'url-expired'
  | 'unknown-key'
  | 'bad-token'
  | 'expired-token'
  | 'unsigned-headers'
  | 'mismatch'
>;

function s3Denial(problem: Denial): CloudFault {
  switch (problem.problem) {
    case 'skewed':
      return new CloudFault(
        'RequestTimeTooSkewed',
        'The difference between the request time and the current time is too large.',
        403,
        {
          RequestTime: problem.time,
          ServerTime: new Date(problem.now).toISOString(),
          MaxAllowedSkewMilliseconds: String(MAX_SKEW),
        },
      );
    case 'url-early':
      return new CloudFault('AccessDenied', 'Request is not valid yet', 403, {
        ServerTime: new Date(problem.now).toISOString(),
      });
    case 'url-expired':
      return new CloudFault('AccessDenied', 'Request has expired', 403, {
        'X-Amz-Expires': String(problem.expires),
        Expires: new Date(problem.at + problem.expires * 1000).toISOString(),
        ServerTime: new Date(problem.now).toISOString(),
      });
    case 'unknown-key':
      return new CloudFault(
        'InvalidAccessKeyId',
        'The AWS Access Key Id you provided does not exist in our records.',
        403,
        { AWSAccessKeyId: problem.accessKey },
      );
    case 'bad-token':
      return new CloudFault('InvalidToken', 'The provided token is malformed or otherwise invalid.', 400, {
        'Token-0': problem.token,
      });
    case 'expired-token':
      return new CloudFault('ExpiredToken', 'The provided token has expired.', 400, {
        'Token-0': problem.token,
      });
    case 'unsigned-headers':
      return new CloudFault(
        'AccessDenied',
        'There were headers present in the request which were not signed',
        403,
        { HeadersNotSigned: problem.names.join(', ') },
      );
    case 'mismatch':
      return mismatch(problem);
  }
}

const mismatch = ({ accessKey, given, stringToSign, canonical }: Of<'mismatch'>) =>
  new CloudFault(
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    403,
    {
      AWSAccessKeyId: accessKey,
      StringToSign: stringToSign,
      SignatureProvided: given,
      StringToSignBytes: bytesOf(stringToSign),
      CanonicalRequest: canonical,
      CanonicalRequestBytes: bytesOf(canonical),
    },
  );

const bytesOf = (text: string) => (Buffer.from(text).toString('hex').match(/../g) ?? []).join(' ');
