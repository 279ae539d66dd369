import { XMLParser } from 'fast-xml-parser';

/** An XML answer as plain objects: every value a string, an element that came once no list. */
export type Xml = { readonly [name: string]: Xml | readonly (Xml | string)[] | string | undefined };

const parser = new XMLParser({ ignoreAttributes: true, ignoreDeclaration: true, parseTagValue: false });

/** An XML document below its root; empty where the text is none. */
export function parseXml(text: string): Xml {
  if (!text.trimStart().startsWith('<')) return {};
  const [root] = Object.values(parser.parse(text) as Record<string, Xml | string>);
  return typeof root === 'object' && root !== null ? root : {};
}

/** A list below `name`, whether it came as none, one or several. */
export function xmlList(value: Xml[string], ...names: readonly string[]): Xml[] {
  let at: Xml[string] = value;
  for (const name of names) at = typeof at === 'object' && !Array.isArray(at) ? (at as Xml)[name] : undefined;
  if (at === undefined || at === '') return [];
  return (Array.isArray(at) ? at : [at]) as Xml[];
}

/** The text at a path of names; '' where it leads nowhere. */
export function xmlAt(value: Xml[string], ...names: readonly string[]): string {
  let at: Xml[string] = value;
  for (const name of names) at = typeof at === 'object' && !Array.isArray(at) ? (at as Xml)[name] : undefined;
  return typeof at === 'string' ? at : '';
}
