import { CloudFault } from '../../core/service.ts';
import { child, children, text, type XmlNode } from '../../core/xml.ts';

/** A list with its quantity. @throws CloudFault InconsistentQuantities */
export function items(node: XmlNode | undefined, name: string): readonly XmlNode[] {
  if (node === undefined) return [];
  const list = children(child(node, 'Items'), name);
  const quantity = text(node, 'Quantity');
  if (quantity === undefined || Number(quantity) !== list.length) {
    throw new CloudFault(
      'InconsistentQuantities',
      "The value of Quantity and the size of Items don't match.",
      400,
    );
  }
  return list;
}

/** White space between elements is no content. */
export function tidy(node: XmlNode): XmlNode {
  if (typeof node === 'string') return node;
  const names = Object.keys(node).filter((name) => name !== '#text');
  if (names.length === 0) return String(node['#text'] ?? '');
  return Object.fromEntries(
    names.map((name) => {
      const value = node[name] as XmlNode | readonly XmlNode[];
      return [name, Array.isArray(value) ? value.map(tidy) : tidy(value as XmlNode)];
    }),
  );
}
