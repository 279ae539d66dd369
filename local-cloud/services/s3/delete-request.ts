import { CloudFault } from '../../core/service.ts';
import { children, text, type XmlNode } from '../../core/xml.ts';

export interface DeleteEntry {
  readonly key: string;
  readonly versionId: string | undefined;
  readonly etag: string | undefined;
}

/** The objects that a DeleteObjects document names. @throws CloudFault MalformedXML, UserKeyMustBeSpecified */
export function deleteEntries(document: XmlNode): DeleteEntry[] {
  return children(document, 'Object').map((node) => {
    const key = text(node, 'Key');
    if (key === undefined || key === '') {
      throw new CloudFault('UserKeyMustBeSpecified', 'The key that was specified is empty.');
    }
    return { key, versionId: text(node, 'VersionId') || undefined, etag: text(node, 'ETag') };
  });
}
