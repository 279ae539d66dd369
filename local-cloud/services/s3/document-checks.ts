import { randomBytes } from 'node:crypto';
import { CloudFault } from '../../core/service.ts';
import { child, children, parseXml, text, type XmlNode } from '../../core/xml.ts';
import { malformedXml } from './call.ts';
import { checkTags, STORAGE_CLASSES } from './headers.ts';
import { readTags } from './read.ts';

const invalid = (message: string) => new CloudFault('InvalidArgument', message);
const refused = (message: string) => new CloudFault('InvalidRequest', message);

const isWhole = (value: string | undefined) => value !== undefined && /^[+-]?\d+$/.test(value.trim());

/** @throws CloudFault MalformedXML for no number, InvalidArgument for one that is not positive */
function positive(value: string | undefined, message: string): void {
  if (!isWhole(value)) throw malformedXml();
  if (Number(value) <= 0) throw invalid(message);
}

/** Rules of one configuration: https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-configuration-examples.html */
const MAX_RULES = 1000;

/** @throws CloudFault MalformedXML, InvalidArgument, InvalidRequest */
export function checkLifecycle(body: string): void {
  const rules = children(parseXml(body, 'LifecycleConfiguration'), 'Rule');
  if (rules.length === 0 || rules.length > MAX_RULES) throw malformedXml();
  const ids = new Set<string>();
  for (const rule of rules) {
    const id = text(rule, 'ID');
    if (id !== undefined && id.length > 255)
      throw invalid('ID length should not exceed allowed limit of 255');
    if (id !== undefined && ids.has(id))
      throw invalid('Rule ID must be unique. Found same ID for more than one rule');
    if (id) ids.add(id);
    checkRule(rule);
  }
}

const ACTIONS = [
  'Expiration',
  'Transition',
  'NoncurrentVersionExpiration',
  'NoncurrentVersionTransition',
  'AbortIncompleteMultipartUpload',
] as const;

function checkRule(rule: XmlNode): void {
  if (!['Enabled', 'Disabled'].includes(text(rule, 'Status') ?? '')) throw malformedXml();
  const filters = children(rule, 'Filter').length + children(rule, 'Prefix').length;
  if (filters !== 1 || isAmbiguous(child(rule, 'Filter'))) throw malformedXml();
  if (!ACTIONS.some((action) => child(rule, action) !== undefined))
    throw refused('At least one action needs to be specified in a rule');
  const expiration = child(rule, 'Expiration');
  if (expiration !== undefined) checkExpiration(expiration);
  for (const transition of children(rule, 'Transition')) checkTransition(transition);
  for (const name of ['NoncurrentVersionExpiration', 'NoncurrentVersionTransition']) {
    for (const one of children(rule, name))
      positive(text(one, 'NoncurrentDays'), `'NoncurrentDays' for ${name} action must be a positive integer`);
  }
  const abort = child(rule, 'AbortIncompleteMultipartUpload');
  if (abort !== undefined) {
    const days = text(abort, 'DaysAfterInitiation');
    positive(
      days,
      "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a positive integer",
    );
  }
}

/** Several conditions of a filter need `And` around them. */
function isAmbiguous(filter: XmlNode | undefined): boolean {
  const conditions = ['Prefix', 'Tag', 'And', 'ObjectSizeGreaterThan', 'ObjectSizeLessThan'];
  return conditions.reduce((sum, name) => sum + children(filter, name).length, 0) > 1;
}

function checkExpiration(node: XmlNode): void {
  const [days, date] = [text(node, 'Days'), text(node, 'Date')];
  const given = [days, date, text(node, 'ExpiredObjectDeleteMarker')].filter((one) => one !== undefined);
  if (given.length !== 1) throw malformedXml();
  if (days !== undefined) positive(days, "'Days' for Expiration action must be a positive integer");
  if (date !== undefined) checkDate(date);
}

function checkDate(date: string): void {
  if (!/^\d{4}-\d\d-\d\d(T.*)?$/.test(date) || Number.isNaN(Date.parse(date))) throw malformedXml();
  if (Date.parse(date) % 86_400_000 !== 0) throw invalid("'Date' must be at midnight GMT");
}

function checkTransition(node: XmlNode): void {
  const [days, date, storage] = ['Days', 'Date', 'StorageClass'].map((name) => text(node, name));
  if (storage === undefined || storage === 'STANDARD' || !STORAGE_CLASSES.has(storage)) throw malformedXml();
  if ((days === undefined) === (date === undefined)) throw malformedXml();
  if (date !== undefined) checkDate(date);
  if (days === undefined) return;
  if (!isWhole(days)) throw malformedXml();
  const least = storage === 'STANDARD_IA' || storage === 'ONEZONE_IA' ? 30 : 0;
  if (Number(days) < least) {
    throw invalid(
      `'Days' in Transition action must be greater than or equal to ${least} for storageClass '${storage}'`,
    );
  }
}

/** A rule without an id gets one. */
export const withRuleIds = (body: string): string =>
  body.replace(/<Rule>(?:(?!<\/Rule>)[\s\S])*<\/Rule>/g, (rule) =>
    rule.includes('<ID>')
      ? rule
      : rule.replace('<Rule>', `<Rule><ID>${randomBytes(36).toString('base64url')}</ID>`),
  );

const METHODS: ReadonlySet<string> = new Set(['GET', 'PUT', 'HEAD', 'POST', 'DELETE']);

/** @throws CloudFault MalformedXML, InvalidRequest */
export function checkCors(body: string): void {
  const rules = children(parseXml(body, 'CORSConfiguration'), 'CORSRule');
  if (rules.length === 0) throw malformedXml();
  if (rules.length > 100)
    throw refused('The number of CORS rules should not exceed allowed limit of 100 rules.');
  for (const rule of rules) {
    const all = (name: string) => children(rule, name).map(String);
    if (all('AllowedMethod').length === 0 || all('AllowedOrigin').length === 0) throw malformedXml();
    const method = all('AllowedMethod').find((one) => !METHODS.has(one));
    if (method !== undefined)
      throw refused(`Found unsupported HTTP method in CORS config. Unsupported method is ${method}`);
    for (const name of ['AllowedOrigin', 'AllowedHeader']) {
      const twice = all(name).find((one) => one.split('*').length > 2);
      if (twice !== undefined) throw refused(`${name} "${twice}" can not have more than one wildcard.`);
    }
    const exposed = all('ExposeHeader').find((one) => one.includes('*'));
    if (exposed !== undefined)
      throw refused(
        `ExposeHeader "${exposed}" contains wildcard. We currently do not support wildcard for ExposeHeader.`,
      );
    const age = text(rule, 'MaxAgeSeconds');
    if (age !== undefined && !/^\d+$/.test(age)) throw malformedXml();
  }
}

/** Tags of a bucket: https://docs.aws.amazon.com/AmazonS3/latest/userguide/CostAllocTagging.html */
export function checkBucketTags(body: string): void {
  checkTags(readTags(body), 50);
}

const BLOCKS = ['BlockPublicAcls', 'IgnorePublicAcls', 'BlockPublicPolicy', 'RestrictPublicBuckets'];

/** @throws CloudFault MalformedXML */
export function checkPublicAccessBlock(body: string): void {
  const document = parseXml(body, 'PublicAccessBlockConfiguration');
  const given = BLOCKS.map((name) => text(document, name)).filter((one) => one !== undefined);
  if (given.length === 0 || given.some((one) => !/^(true|false)$/i.test(one.trim()))) throw malformedXml();
}

/** @throws CloudFault MalformedXML, InvalidArgument, InvalidRequest */
export function checkWebsite(body: string): void {
  const document = parseXml(body, 'WebsiteConfiguration');
  const all = child(document, 'RedirectAllRequestsTo');
  const index = child(document, 'IndexDocument');
  if (all !== undefined) {
    if (index !== undefined || child(document, 'ErrorDocument') !== undefined)
      throw refused('RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.');
    if (!text(all, 'HostName')) throw malformedXml();
    return;
  }
  if (index === undefined)
    throw invalid('A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty');
  const suffix = text(index, 'Suffix') ?? '';
  if (suffix === '' || suffix.includes('/')) throw invalid('The IndexDocument Suffix is not well formed');
}

/** @throws CloudFault MalformedXML */
export function checkRequestPayment(body: string): void {
  const payer = text(parseXml(body, 'RequestPaymentConfiguration'), 'Payer') ?? '';
  if (payer !== 'Requester' && payer !== 'BucketOwner') throw malformedXml();
}
