import { CloudFault } from '../../../core/service.ts';
import { child, text, type XmlNode } from '../../../core/xml.ts';
import { type Call, ok, page } from '../call.ts';
import { bodyOf } from '../document.ts';
import { checkVersion } from '../model.ts';
import { tagsOf } from '../tags.ts';
import { type EdgeFunction, type FunctionVersion, newVersion, type Stage, versionOf } from './model.ts';

const NAME = /^[\w-]{1,64}$/;

/** @throws CloudFault InvalidArgument */
export function stageOf(name: string | undefined | null): Stage {
  if (!name) return 'DEVELOPMENT';
  if (name === 'DEVELOPMENT' || name === 'LIVE') return name;
  throw new CloudFault('InvalidArgument', 'The parameter Stage must be DEVELOPMENT or LIVE.', 400);
}

export function summary({ state }: Call, found: EdgeFunction, stage: Stage) {
  const version = versionOf(found, stage);
  const associated = state.functionUsers(found.arn) > 0 ? 'ASSOCIATED' : 'UNASSOCIATED';
  return {
    Name: found.name,
    Status: found.live ? associated : 'UNPUBLISHED',
    FunctionConfig: { Comment: version.comment, Runtime: version.runtime },
    FunctionMetadata: {
      FunctionARN: found.arn,
      Stage: stage,
      CreatedTime: new Date(found.created),
      LastModifiedTime: new Date(version.modified),
    },
  };
}

/** @throws CloudFault InvalidArgument, FunctionSizeLimitExceeded, UnsupportedOperation */
function given({ state }: Call, body: XmlNode): FunctionVersion {
  const config = child(body, 'FunctionConfig');
  const comment = text(config, 'Comment');
  if (comment === undefined)
    throw new CloudFault('InvalidArgument', 'The parameter Comment is required.', 400);
  if (Number(text(child(config, 'KeyValueStoreAssociations'), 'Quantity') ?? 0) > 0)
    throw new CloudFault('UnsupportedOperation', 'The local cloud has no key value stores.', 400);
  const code = Buffer.from(text(body, 'FunctionCode') ?? '', 'base64').toString('utf8');
  return newVersion({ comment, runtime: text(config, 'Runtime') ?? '', code }, state.context.now());
}

/** https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateFunction.html */
export async function createFunction(call: Call) {
  const { state, request } = call;
  const body = await bodyOf(request, 'CreateFunctionRequest');
  const name = text(body, 'Name') ?? '';
  if (!NAME.test(name)) throw new CloudFault('InvalidArgument', 'The parameter Name is not valid.', 400);
  if (state.functions.has(name)) {
    throw new CloudFault('FunctionAlreadyExists', 'A function with the same name already exists.', 409);
  }
  const made: EdgeFunction = {
    name,
    arn: `arn:aws:cloudfront::${state.context.account}:function/${name}`,
    created: state.context.now(),
    tags: tagsOf(child(body, 'Tags')),
    development: given(call, body),
  };
  state.functions.set(name, made);
  request.note({ resource: made.arn });
  return ok('FunctionSummary', summary(call, made, 'DEVELOPMENT'), 201, {
    etag: made.development.etag,
    location: `https://cloudfront.amazonaws.com/2020-05-31/function/${name}`,
  });
}

export function describeFunction(call: Call) {
  const stage = stageOf(call.request.query.get('Stage'));
  const found = call.state.function(call.id);
  return ok('FunctionSummary', summary(call, found, stage), 200, { etag: versionOf(found, stage).etag });
}

/** The code as it was given, and no document. */
export function getFunction({ state, id, request }: Call) {
  const { code, etag } = versionOf(state.function(id), stageOf(request.query.get('Stage')));
  return { status: 200, headers: { 'content-type': 'application/octet-stream', etag }, body: code };
}

export function listFunctions(call: Call) {
  const { state, request } = call;
  const asked = request.query.get('Stage');
  const rows = [...state.functions.values()].flatMap((found) => {
    const stages: readonly Stage[] = asked ? [stageOf(asked)] : ['DEVELOPMENT', 'LIVE'];
    return stages.filter((stage) => stage === 'DEVELOPMENT' || found.live).map((stage) => ({ found, stage }));
  });
  const {
    Marker: _marker,
    IsTruncated: _truncated,
    ...list
  } = page(
    request.query,
    rows,
    ({ found, stage }) => `${found.name}/${stage}`,
    'FunctionSummary',
    ({ found, stage }) => summary(call, found, stage),
  );
  return ok('FunctionList', list);
}

export async function updateFunction(call: Call) {
  const found = call.state.function(call.id);
  checkVersion(call.request, found.development.etag);
  found.development = given(call, await bodyOf(call.request, 'UpdateFunctionRequest'));
  const { etag } = found.development;
  // The API's model spells the header with two t; its clients read that one.
  return ok('FunctionSummary', summary(call, found, 'DEVELOPMENT'), 200, { etag, ettag: etag });
}

/** Copies the stage DEVELOPMENT to LIVE: every distribution runs it from the next request on. */
export function publishFunction(call: Call) {
  const found = call.state.function(call.id);
  checkVersion(call.request, found.development.etag);
  found.live = { ...found.development, modified: call.state.context.now() };
  return ok('FunctionSummary', summary(call, found, 'LIVE'));
}

/** @throws CloudFault FunctionInUse */
export function deleteFunction({ state, id, request }: Call) {
  const found = state.function(id);
  checkVersion(request, found.development.etag);
  if (state.functionUsers(found.arn) > 0) {
    throw new CloudFault('FunctionInUse', 'The function is associated with a distribution.', 409);
  }
  state.functions.delete(found.name);
  return { status: 204 };
}
