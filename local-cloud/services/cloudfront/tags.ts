import { CloudFault } from '../../core/service.ts';
import { child, children, parseXml, text, type XmlNode } from '../../core/xml.ts';
import { type Call, ok } from './call.ts';
import { tidy } from './items.ts';

export function tagsOf(node: XmlNode | undefined): Record<string, string> {
  const tags: Record<string, string> = {};
  for (const tag of children(child(node, 'Items'), 'Tag'))
    tags[text(tag, 'Key') ?? ''] = text(tag, 'Value') ?? '';
  return tags;
}

/** What a request names by its ARN: a distribution or a function. */
function tagged({ state, request }: Call): { readonly tags: Record<string, string> } {
  const arn = request.query.get('Resource') ?? '';
  const found = [...state.distributions.values(), ...state.functions.values()].find((d) => d.arn === arn);
  if (!found) throw new CloudFault('NoSuchResource', `The specified resource does not exist: ${arn}`, 404);
  return found;
}

export async function tagResource(call: Call) {
  const { tags } = tagged(call);
  Object.assign(tags, tagsOf(tidy(parseXml((await call.request.body()).toString('utf8'), 'Tags'))));
  return { status: 204 };
}

export async function untagResource(call: Call) {
  const { tags } = tagged(call);
  const keys = tidy(parseXml((await call.request.body()).toString('utf8'), 'TagKeys'));
  for (const key of children(child(keys, 'Items'), 'Key')) if (typeof key === 'string') delete tags[key];
  return { status: 204 };
}

export function listTags(call: Call) {
  const { tags } = tagged(call);
  return ok('Tags', { Items: { Tag: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) } });
}
