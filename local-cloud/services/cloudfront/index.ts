import {
  type CloudContext,
  CloudFault,
  type CloudRequest,
  type CloudResponse,
  type Service,
  type WireFault,
} from '../../core/service.ts';
import { elements } from '../../core/xml.ts';
import * as controls from './access-controls.ts';
import type { Call } from './call.ts';
import { addCertificate } from './certificates.ts';
import * as distributions from './distributions.ts';
import * as functions from './functions/operations.ts';
import { testFunction } from './functions/test-run.ts';
import * as invalidations from './invalidations.ts';
import { domainOf, NAMESPACE } from './model.ts';
import { CloudFrontState } from './state.ts';
import * as tags from './tags.ts';

interface Operation {
  readonly name: string;
  readonly mutating?: boolean;
  readonly handle: (call: Call) => Promise<CloudResponse> | CloudResponse;
}

const VERSION = '/2020-05-31/';

/** By method and shape of the path, `*` being an id; `?Operation=Tag` tells the two taggings apart. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  'POST distribution': {
    name: 'CreateDistribution',
    mutating: true,
    handle: distributions.createDistribution,
  },
  'GET distribution': { name: 'ListDistributions', handle: distributions.listDistributions },
  'GET distribution/*': { name: 'GetDistribution', handle: distributions.getDistribution },
  'DELETE distribution/*': {
    name: 'DeleteDistribution',
    mutating: true,
    handle: distributions.deleteDistribution,
  },
  'GET distribution/*/config': { name: 'GetDistributionConfig', handle: distributions.getDistributionConfig },
  'PUT distribution/*/config': {
    name: 'UpdateDistribution',
    mutating: true,
    handle: distributions.updateDistribution,
  },
  'POST distribution/*/invalidation': {
    name: 'CreateInvalidation',
    mutating: true,
    handle: invalidations.createInvalidation,
  },
  'GET distribution/*/invalidation': { name: 'ListInvalidations', handle: invalidations.listInvalidations },
  'GET distribution/*/invalidation/*': { name: 'GetInvalidation', handle: invalidations.getInvalidation },
  'GET tagging': { name: 'ListTagsForResource', handle: tags.listTags },
  'POST tagging?Tag': { name: 'TagResource', mutating: true, handle: tags.tagResource },
  'POST tagging?Untag': { name: 'UntagResource', mutating: true, handle: tags.untagResource },
  'POST origin-access-control': {
    name: 'CreateOriginAccessControl',
    mutating: true,
    handle: controls.createAccessControl,
  },
  'GET origin-access-control': { name: 'ListOriginAccessControls', handle: controls.listAccessControls },
  'GET origin-access-control/*': { name: 'GetOriginAccessControl', handle: controls.getAccessControl },
  'DELETE origin-access-control/*': {
    name: 'DeleteOriginAccessControl',
    mutating: true,
    handle: controls.deleteAccessControl,
  },
  'POST function': { name: 'CreateFunction', mutating: true, handle: functions.createFunction },
  'GET function': { name: 'ListFunctions', handle: functions.listFunctions },
  'GET function/*': { name: 'GetFunction', handle: functions.getFunction },
  'GET function/*/describe': { name: 'DescribeFunction', handle: functions.describeFunction },
  'PUT function/*': { name: 'UpdateFunction', mutating: true, handle: functions.updateFunction },
  'POST function/*/publish': { name: 'PublishFunction', mutating: true, handle: functions.publishFunction },
  'POST function/*/test': { name: 'TestFunction', handle: testFunction },
  'DELETE function/*': { name: 'DeleteFunction', mutating: true, handle: functions.deleteFunction },
};

/** CloudFront: distributions, invalidations, functions, and for each distribution a CDN on a port of its own. */
export function cloudfrontService(context: CloudContext): Service {
  const state = new CloudFrontState(context);
  return {
    name: 'cloudfront',
    dialect: () => 'query',
    operations: Object.values(OPERATIONS).map((operation) => operation.name),
    handle: (request) => handle(state, request),
    control: (what, body) => (what === 'POST certificates' ? addCertificate(state, body) : undefined),
    fault: cloudfrontFault,
    wireFault: cloudfrontWireFault,
    save: () => state.save(),
    load: (saved) => state.load(saved),
    inspect: () => inspect(state),
    close: () => state.close(),
  };
}

async function handle(state: CloudFrontState, request: CloudRequest): Promise<CloudResponse> {
  const [kind = '', id = '', below = '', part = '', ...rest] = request.rawPath.startsWith(VERSION)
    ? request.rawPath.slice(VERSION.length).replace(/\/$/, '').split('/')
    : [];
  const shape = [kind, id && '*', below, part && '*'].filter((one) => one !== '').join('/');
  const tagging = kind === 'tagging' && request.method === 'POST' ? `?${request.query.get('Operation')}` : '';
  const name = `${request.method} ${shape}${tagging}`;
  const operation = rest.length === 0 && Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined;
  if (!operation) {
    throw new CloudFault(
      'UnknownOperationException',
      `The local cloud's CloudFront has no ${request.method} ${request.rawPath}`,
      404,
    );
  }
  await request.enter({
    operation: operation.name,
    resource: resourceOf(state, request, kind, id),
    mutating: operation.mutating ?? false,
    iam: [`cloudfront:${operation.name}`],
  });
  return operation.handle({ state, request, id, part });
}

function resourceOf(state: CloudFrontState, request: CloudRequest, kind: string, id: string): string {
  if (kind === 'tagging') return request.query.get('Resource') ?? '';
  return id === '' ? '' : `arn:aws:cloudfront::${state.context.account}:${kind}/${id}`;
}

function cloudfrontFault(error: CloudFault, request: CloudRequest): CloudResponse {
  const body = elements({
    Error: { Type: error.status < 500 ? 'Sender' : 'Receiver', Code: error.code, Message: error.message },
    RequestId: request.id,
  });
  return {
    status: error.status,
    headers: { 'content-type': 'text/xml', ...error.headers },
    body: `<?xml version="1.0"?>\n<ErrorResponse xmlns="${NAMESPACE}">${body}</ErrorResponse>`,
  };
}

function cloudfrontWireFault(kind: WireFault): CloudFault {
  if (kind === 'throttle') return new CloudFault('Throttling', 'Rate exceeded', 400);
  if (kind === 'denied') return new CloudFault('AccessDenied', 'Access denied.', 403);
  return new CloudFault('ExpiredToken', 'The security token included in the request is expired', 403);
}

/** For `GET /_cloud/state/cloudfront`. */
function inspect(state: CloudFrontState): unknown {
  return {
    distributions: [...state.distributions.values()].map((d) => ({
      id: d.id,
      arn: d.arn,
      domain: domainOf(d),
      status: state.status(d),
      config: d.config,
      invalidations: d.invalidations,
      served: d.edge.counts,
      cached: d.edge.cache.list(),
    })),
    functions: [...state.functions.values()],
  };
}
