type Fields = Readonly<Record<string, unknown>>;

/** The two parts that a release of version 1 could have, and what they are. */
const KINDS = { backend: 'service', frontend: 'site' } as const;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * A record or a pointer of version 1 as version 2 would have written it: its fields `backend` and `frontend` (of a record
 * the part itself, of a pointer the id of a release) are parts of these names. Judges nothing: what is damaged stays so.
 * Any other document is given back as it is. Pure.
 */
export function fromVersion1(document: unknown): unknown {
  if (!isObject(document) || document['version'] !== 1) return document;
  const { backend, frontend, pair, version: _, ...rest } = document;
  const parts: Record<string, unknown> = {};
  for (const [name, kind] of Object.entries(KINDS)) {
    const part = { backend, frontend }[name];
    if (part !== undefined) parts[name] = isObject(part) ? { ...part, kind } : part;
  }
  return { version: 2, ...rest, parts, ...(pair === undefined ? {} : { composition: pair }) };
}
