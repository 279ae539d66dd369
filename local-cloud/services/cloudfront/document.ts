import { CloudFault, type CloudRequest } from '../../core/service.ts';
import { parseXml, type XmlNode } from '../../core/xml.ts';
import { model } from '../shapes/cloudfront.ts';
import { lowerFirst, readModel } from '../shapes/validate.ts';
import { readXml } from '../shapes/xml.ts';
import { tidy } from './items.ts';

const MODEL = readModel(model);

/**
 * A request's body along AWS's model of it.
 * @param root the document's element
 * @param shape of the model, where it has another name
 * @throws CloudFault MissingBody, MalformedXML, MalformedInput, InconsistentQuantities
 */
export async function bodyOf(request: CloudRequest, root: string, shape = root): Promise<XmlNode> {
  const body = (await request.body()).toString('utf8');
  if (body.trim() === '') throw new CloudFault('MissingBody', 'This operation requires a body.', 400);
  return readXml(MODEL, shape, tidy(parseXml(body, root)), lowerFirst(root));
}
