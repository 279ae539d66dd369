import { CloudFault } from '../../core/service.ts';
import { child, children, text, type XmlNode } from '../../core/xml.ts';
import { type Call, ok } from './call.ts';
import { bodyOf } from './document.ts';

const MAX_TAGS = 50;

const invalid = (message: string) => new CloudFault('InvalidTagging', message, 400);

/** @throws CloudFault InvalidTagging */
function checkKey(key: string): void {
  if (/^aws:/i.test(key)) throw invalid(`Tag keys beginning with aws: are reserved: ${key}`);
}

/**
 * @param node `Tags` along the model, which has lengths and characters
 * @throws CloudFault InvalidTagging
 */
export function tagsOf(node: XmlNode | undefined): Record<string, string> {
  const tags: Record<string, string> = {};
  for (const tag of children(child(node, 'Items'), 'Tag')) {
    const key = text(tag, 'Key') ?? '';
    checkKey(key);
    if (Object.hasOwn(tags, key)) throw invalid(`A tag key is given twice: ${key}`);
    tags[key] = text(tag, 'Value') ?? '';
  }
  if (Object.keys(tags).length > MAX_TAGS) throw invalid(`A resource has ${MAX_TAGS} tags at most.`);
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
  const more = tagsOf(await bodyOf(call.request, 'Tags'));
  if (new Set([...Object.keys(tags), ...Object.keys(more)]).size > MAX_TAGS)
    throw invalid(`A resource has ${MAX_TAGS} tags at most.`);
  Object.assign(tags, more);
  return { status: 204 };
}

export async function untagResource(call: Call) {
  const { tags } = tagged(call);
  const keys = await bodyOf(call.request, 'TagKeys');
  for (const key of children(child(keys, 'Items'), 'Key')) if (typeof key === 'string') delete tags[key];
  return { status: 204 };
}

export function listTags(call: Call) {
  const { tags } = tagged(call);
  return ok('Tags', { Items: { Tag: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) } });
}
