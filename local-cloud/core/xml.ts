import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { CloudFault } from './service.ts';

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\r': '&#13;',
};

/** What XML 1.0 cannot have, or would not give back as it was. */
const SPECIAL = /[&<>"'\r\p{Cc}\ufffe\uffff]/gu;

/** What most texts are made of. */
const PLAIN = /^[\w ./:+,=@()[\]{}#*?!$;~^|%-]*$/;

/** Text for an element or an attribute. Control characters that XML 1.0 cannot have are written as references, as S3 does. */
export function escapeXml(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(SPECIAL, (c) => {
    if (c === '\t' || c === '\n') return c;
    return ESCAPES[c] ?? `&#x${c.charCodeAt(0).toString(16)};`;
  });
}

/** What XML is written from: an array repeats its element; `undefined` is left out; a date is ISO 8601. */
export type XmlValue =
  | string
  | number
  | boolean
  | Date
  | undefined
  | null
  | readonly XmlValue[]
  | { readonly [name: string]: XmlValue };

export function elements(value: { readonly [name: string]: XmlValue }): string {
  let xml = '';
  for (const name in value) xml += element(name, value[name]);
  return xml;
}

function element(name: string, value: XmlValue): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) {
    let xml = '';
    for (const item of value) xml += element(name, item as XmlValue);
    return xml;
  }
  if (value instanceof Date) return `<${name}>${value.toISOString()}</${name}>`;
  if (typeof value === 'object')
    return `<${name}>${elements(value as { [name: string]: XmlValue })}</${name}>`;
  return `<${name}>${escapeXml(String(value))}</${name}>`;
}

/** A document with its root element and, where given, its namespace. */
export function document(
  root: string,
  value: { readonly [name: string]: XmlValue },
  namespace?: string,
): string {
  const ns = namespace ? ` xmlns="${namespace}"` : '';
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}${ns}>${elements(value)}</${root}>`;
}

/** An element as it was read: texts are strings, elements with children are objects, repeated ones are arrays. */
export type XmlNode = string | { readonly [name: string]: XmlNode | readonly XmlNode[] };

const parser = new XMLParser({
  ignoreAttributes: true,
  removeNSPrefix: true,
  parseTagValue: false,
  trimValues: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  processEntities: false,
  tagValueProcessor: (_name, value) => unescapeXml(value),
});

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** The five entities of XML and character references, which some clients write for every quote. */
export function unescapeXml(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|(\w+));/g, (all, hex, decimal, name) => {
    if (name !== undefined) return ENTITIES[name as string] ?? all;
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex as string, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : all;
  });
}

/**
 * Reads a document.
 * @returns its root's content
 * @throws CloudFault MalformedXML where it is not XML or has another root
 */
export function parseXml(text: string, root: string): XmlNode {
  const malformed = () =>
    new CloudFault(
      'MalformedXML',
      'The XML you provided was not well-formed or did not validate against our published schema',
    );
  if (text.trim() === '' || /<!DOCTYPE/i.test(text) || XMLValidator.validate(text) !== true)
    throw malformed();
  let parsed: { readonly [name: string]: XmlNode };
  try {
    parsed = parser.parse(text) as { [name: string]: XmlNode };
  } catch {
    throw malformed();
  }
  const content = parsed[root];
  if (content === undefined) throw malformed();
  return content;
}

/** The child elements of this name: none, one or many. */
export function children(node: XmlNode | undefined, name: string): readonly XmlNode[] {
  if (node === undefined || typeof node === 'string') return [];
  const child = Object.hasOwn(node, name) ? node[name] : undefined;
  if (child === undefined) return [];
  return Array.isArray(child) ? (child as readonly XmlNode[]) : [child as XmlNode];
}

/** The first child of this name. */
export const child = (node: XmlNode | undefined, name: string): XmlNode | undefined =>
  children(node, name)[0];

/** The text of a child; `undefined` where there is no such child. */
export function text(node: XmlNode | undefined, name: string): string | undefined {
  const found = child(node, name);
  if (found === undefined) return undefined;
  if (typeof found === 'string') return found;
  const own = found['#text'];
  return typeof own === 'string' ? own : '';
}
