import { CloudFault } from '../../../core/service.ts';
import { child, text, type XmlNode } from '../../../core/xml.ts';
import { items } from '../items.ts';

export type EventType = 'viewer-request' | 'viewer-response';

/** ARNs of the functions of a cache behavior, by the event that runs them. */
export type Associations = { readonly [event in EventType]?: string };

const invalid = (message: string) => new CloudFault('InvalidFunctionAssociation', message, 400);

/**
 * One function for each of a viewer's two events:
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html
 * @throws CloudFault InvalidFunctionAssociation, TooManyFunctionAssociations
 */
export function readAssociations(behavior: XmlNode): Associations {
  const found: { [event in EventType]?: string } = {};
  for (const one of items(child(behavior, 'FunctionAssociations'), 'FunctionAssociation')) {
    const event = text(one, 'EventType') ?? '';
    if (event !== 'viewer-request' && event !== 'viewer-response')
      throw invalid(`A CloudFront function cannot be associated with the event ${event}.`);
    if (found[event] !== undefined) {
      throw new CloudFault(
        'TooManyFunctionAssociations',
        `A cache behavior can have one function for ${event}.`,
        400,
      );
    }
    found[event] = text(one, 'FunctionARN') ?? '';
  }
  return found;
}

/** @throws CloudFault InvalidFunctionAssociation where a function is not there, or was never published */
export function checkAssociations(
  behaviors: readonly { readonly functions: Associations }[],
  isLive: (arn: string) => boolean,
): void {
  for (const { functions } of behaviors)
    for (const arn of Object.values(functions))
      if (!isLive(arn)) throw invalid(`The function does not exist, or has no LIVE stage: ${arn}`);
}
