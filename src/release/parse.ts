import type { Parsed } from './documents.ts';
import type { LockDocument } from './lock-state.ts';
import { isPartName } from './part-name.ts';
import { PART_KINDS, type Pointer, type ReleaseRecord, VERSION } from './record.ts';
import { fromVersion1 } from './version-1.ts';

type Fields = Readonly<Record<string, unknown>>;

/** The newest version of the lock's document; record and pointer have {@link VERSION}. Older ones are read for ever. */
const LOCK_VERSION = 1;

/** What must hold of a field for the document to be used at all. Anything else in it is kept as it is. */
type Rule = readonly [field: string, test: (value: unknown) => boolean, wanted: string];

const isText = (value: unknown) => typeof value === 'string';
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isTexts = (value: unknown) => Array.isArray(value) && value.every(isText);
const isTime = (value: unknown) => typeof value === 'string' && !Number.isNaN(Date.parse(value));
const optional = (test: (value: unknown) => boolean) => (value: unknown) =>
  value === undefined || test(value);
const isMapOf = (test: (value: unknown) => boolean) => (value: unknown) =>
  isObject(value) && Object.entries(value).every(([name, one]) => isPartName(name) && test(one));
const isAnyPart = (value: unknown): value is Fields =>
  isObject(value) &&
  isText(value['result']) &&
  ['startedAt', 'finishedAt', 'cause'].every((name) => optional(isText)(value[name])) &&
  ['variables', 'secrets'].every((name) => optional(isObject)(value[name]));
const isService = (value: Fields) => isText(value['service']) && isText(value['image']);
const isSite = (value: Fields) =>
  isText(value['bucket']) &&
  optional(isText)(value['prefix']) &&
  optional(isTexts)(value['distributions']) &&
  isText(value['manifest']);
const isPart = (value: unknown) =>
  isAnyPart(value) &&
  (value['kind'] === 'service' ? isService(value) : value['kind'] === 'site' && isSite(value));
/** As `isReleaseId`, and a little longer: an adoption's id is that of the release that found it, and more. */
const isId = (value: unknown) =>
  isText(value) &&
  /^[A-Za-z0-9][A-Za-z0-9._+-]{0,139}$/.test(value as string) &&
  !String(value).includes('..');
const isRun = (value: unknown) =>
  isObject(value) && isText(value['url']) && typeof value['number'] === 'number';
const isAdoptedFrom = (value: unknown) =>
  isObject(value) && ['environment', 'release', 'updatedAt'].every((name) => isText(value[name]));

const RECORD_RULES: readonly Rule[] = [
  ['id', isText, 'a text'],
  ['environment', isText, 'a text'],
  ['type', (value) => ['deployment', 'rollback', 'adoption'].includes(String(value)), 'a type of release'],
  ['commit', isText, 'a text'],
  ['startedAt', isTime, 'a time'],
  ['result', isText, 'a result'],
  ['parts', isMapOf(isPart), 'a map of parts by name'],
  ['composition', optional(isMapOf(isId)), 'a map of releases by part'],
  ['run', optional(isRun), 'a run'],
  ['finishedAt', optional(isTime), 'a time'],
  ['ref', optional(isText), 'a text'],
  ['repository', optional(isText), 'a text'],
  ['actor', optional(isText), 'a text'],
  ['reason', optional(isText), 'a text'],
  ['checks', optional(isText), 'an outcome'],
  ['restores', optional(isId), 'the id of a release'],
  ['replaces', optional(isId), 'the id of a release'],
];

const POINTER_RULES: readonly Rule[] = [
  ['environment', isText, 'a text'],
  ['release', isId, 'the id of a release'],
  ['parts', isMapOf(isId), 'a map of releases by part'],
  ['commit', optional(isText), 'a text'],
  ['runUrl', optional(isText), 'a text'],
  ['updatedAt', optional(isText), 'a text'],
  ['adoptedFrom', optional(isAdoptedFrom), 'where it came from'],
  ['movedTo', optional(isText), 'a text'],
];

const isHolder = (value: unknown) =>
  isObject(value) &&
  isText(value['token']) &&
  isText(value['release']) &&
  Array.isArray(value['parts']) &&
  value['parts'].every(isText) &&
  ['holder', 'run', 'actor', 'since'].every((name) => optional(isText)(value[name])) &&
  isText(value['renewed']);

const LOCK_RULES: readonly Rule[] = [
  ['environment', isText, 'a text'],
  ['holders', (value) => Array.isArray(value) && value.every(isHolder), 'a list of holders'],
];

/** What makes a kind of document. */
interface Form {
  readonly rules: readonly Rule[];
  /** The newest version that is known. */
  readonly version: number;
  /** Fields that must have just this value: a record of another environment is foreign here. */
  readonly expected: Fields;
}

function parseDocument<T>(body: Buffer, form: Form): Parsed<T> {
  if (body.length === 0) return { damage: 'it is empty' };
  const text = body.toString('utf8');
  if (isDeep(text)) return { damage: `it is nested more than ${DEEPEST} deep` };
  try {
    return judge(JSON.parse(text), form);
  } catch {
    return { damage: 'it is not JSON, or only a part of it' };
  }
}

function judge<T>(stored: unknown, form: Form): Parsed<T> {
  const newer = newerBecause(stored, form.version);
  if (newer) return { damage: newer, newer: true };
  const document = form.version === VERSION ? fromVersion1(stored) : stored;
  const damage = damageOf(document, form);
  return damage ? { damage } : { value: document as T };
}

/** No document of ours is nested so deep; one that is, in fields that we only keep, could not be written again. */
const DEEPEST = 100;

/** Brackets in texts count too: a text of ours has not a hundred more that open than close. */
function isDeep(text: string): boolean {
  let depth = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    depth += bracket === '[' || bracket === '{' ? 1 : -1;
    if (depth > DEEPEST) return true;
  }
  return false;
}

/** Why a document is one of a newer version of ours; `undefined` where it is not. A kind of part that we do not know is new. */
function newerBecause(document: unknown, known: number): string | undefined {
  if (!isObject(document) || typeof document['version'] !== 'number') return undefined;
  const { version } = document;
  if (version > known) return `it has version ${version}, which a newer wwhd-deploy wrote`;
  const parts = version === 2 && isObject(document['parts']) ? Object.values(document['parts']) : [];
  const kinds = parts.map((part) => (isObject(part) ? part['kind'] : undefined));
  const unknown = kinds.find((kind) => isText(kind) && !(PART_KINDS as readonly unknown[]).includes(kind));
  return unknown === undefined
    ? undefined
    : `it has a part of the kind ${JSON.stringify(unknown)}, which a newer wwhd-deploy wrote`;
}

/** Why a document cannot be used; `undefined` where it can. */
function damageOf(document: unknown, { rules, expected }: Form): string | undefined {
  if (!isObject(document)) return 'it is JSON, but not a document of the ledger';
  if (typeof document['version'] !== 'number') return 'it has no version';
  for (const [field, value] of Object.entries(expected)) {
    if (document[field] !== value)
      return `its ${field} is ${JSON.stringify(document[field])}, not ${JSON.stringify(value)}`;
  }
  const broken = rules.find(([field, test]) => !test(document[field]));
  return broken && `its \`${broken[0]}\` is not ${broken[2]}`;
}

/** Fields that a record may lack because a hand wrote it: what reads it need not ask. */
const RECORD_DEFAULTS = { ref: '', repository: '', actor: 'unknown', run: { url: '', number: 0 } };

const recordForm = (environment: string, id: string): Form => ({
  rules: RECORD_RULES,
  version: VERSION,
  expected: { environment, id },
});

export function parseRecord(body: Buffer, environment: string, id: string): Parsed<ReleaseRecord> {
  return withDefaults(RECORD_DEFAULTS, parseDocument<ReleaseRecord>(body, recordForm(environment, id)));
}

/** The same judgement of a record that is JSON already. */
export function judgeRecord(document: unknown, environment: string, id: string): Parsed<ReleaseRecord> {
  return withDefaults(RECORD_DEFAULTS, judge<ReleaseRecord>(document, recordForm(environment, id)));
}

/** The same of a pointer. */
const POINTER_DEFAULTS = { commit: '', runNumber: 0, updatedAt: '' };

export const parsePointer =
  (environment: string) =>
  (body: Buffer): Parsed<Pointer> =>
    withDefaults(
      POINTER_DEFAULTS,
      parseDocument<Pointer>(body, { rules: POINTER_RULES, version: VERSION, expected: { environment } }),
    );

const withDefaults = <T extends object>(defaults: Partial<T>, parsed: Parsed<T>): Parsed<T> =>
  'value' in parsed ? { value: { ...defaults, ...parsed.value } } : parsed;

export const parseLock = (body: Buffer): Parsed<LockDocument> =>
  parseDocument(body, { rules: LOCK_RULES, version: LOCK_VERSION, expected: {} });
