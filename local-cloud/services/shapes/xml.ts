import { CloudFault } from '../../core/service.ts';
import { type Violation, violationText } from '../../core/shape.ts';
import { children, type XmlNode } from '../../core/xml.ts';
import { limited, lowerFirst, type Model, type Modelled } from './validate.ts';

type Members = { readonly [name: string]: XmlNode | readonly XmlNode[] };

interface Walk {
  readonly model: Model;
  readonly violations: Violation[];
}

const unreadable = (path: string) =>
  new CloudFault('MalformedInput', `The XML cannot be read at '${path}'.`, 400);

/**
 * A document read along AWS's model of it: members in the model's order, those that the model does not have left out.
 * @param shape name of the structure that its root is
 * @param path what errors call the root
 * @throws CloudFault MalformedXML where a required member is missing or a value breaks its enumeration, range or pattern;
 * MalformedInput where a value has another type; InconsistentQuantities where a quantity is not that of its items
 */
export function readXml(model: Model, shape: string, node: XmlNode, path: string): XmlNode {
  const walk: Walk = { model, violations: [] };
  const value = read(walk, shape, node, path);
  // Code and words: https://github.com/aws/aws-cli/issues/6275
  if (walk.violations.length > 0) throw new CloudFault('MalformedXML', violationText(walk.violations), 400);
  checkQuantities(value);
  return value;
}

function read(walk: Walk, name: string, node: XmlNode, path: string): XmlNode {
  const shape = walk.model.shapes.get(name);
  if (!shape) throw new Error(`the model has no shape ${name}`);
  if (shape.t === 'struct') return readStruct(walk, shape, node, path);
  if (shape.t === 'list') return readList(walk, name, shape, node, path);
  if (typeof node !== 'string') throw unreadable(path);
  const value = scalar(shape, node, path);
  limited(walk, name, shape, value, path);
  return node;
}

function scalar(shape: Modelled, text: string, path: string): unknown {
  if (shape.t === 'int' || shape.t === 'num') {
    if (!/^-?\d+(\.\d+)?$/.test(text) || (shape.t === 'int' && text.includes('.'))) throw unreadable(path);
    return Number(text);
  }
  if (shape.t !== 'bool') return text;
  if (text !== 'true' && text !== 'false') throw unreadable(path);
  return text === 'true';
}

function readStruct(walk: Walk, shape: Modelled, node: XmlNode, path: string): XmlNode {
  if (typeof node === 'string' && node.trim() !== '') throw unreadable(path);
  const result: { [name: string]: XmlNode } = {};
  for (const [member, of] of Object.entries(shape.m ?? {})) {
    const at = `${path}.${lowerFirst(member)}`;
    const [given, ...more] = children(node, member);
    if (more.length > 0) throw unreadable(at);
    if (given !== undefined) result[member] = read(walk, of, given, at);
    else if (shape.r?.includes(member))
      walk.violations.push({ path: at, value: null, constraint: 'Member must not be null' });
  }
  return result;
}

function readList(walk: Walk, name: string, shape: Modelled, node: XmlNode, path: string): XmlNode {
  const element = shape.x ?? 'member';
  if (typeof node === 'string' && node.trim() !== '') throw unreadable(path);
  const items = children(node, element);
  if (typeof node !== 'string' && Object.keys(node).some((key) => key !== element)) throw unreadable(path);
  limited(walk, name, shape, items, path);
  return { [element]: items.map((item, i) => read(walk, shape.of ?? '', item, `${path}.${i + 1}.member`)) };
}

function checkQuantities(node: XmlNode | readonly XmlNode[]): void {
  if (typeof node === 'string') return;
  if (Array.isArray(node)) {
    for (const item of node) checkQuantities(item);
    return;
  }
  const members = node as Members;
  const { Quantity: quantity, Items: items } = members;
  if (typeof quantity === 'string' && Number(quantity) !== sizeOf(items as XmlNode | undefined)) {
    throw new CloudFault(
      'InconsistentQuantities',
      "The value of Quantity and the size of Items don't match.",
      400,
    );
  }
  for (const member of Object.values(members)) checkQuantities(member);
}

function sizeOf(items: XmlNode | undefined): number {
  if (items === undefined || typeof items === 'string') return 0;
  return Object.values(items).reduce((sum, list) => sum + (Array.isArray(list) ? list.length : 1), 0);
}
