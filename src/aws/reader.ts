import type { Clock } from '../runtime/clock.ts';
import type { AwsSettings } from './config.ts';
import { type JsonService, jsonClient } from './json-client.ts';
import type { SentError } from './retry.ts';
import { SERVICES } from './services.ts';
import { encodeAll, encodeKey } from './sigv4.ts';
import type { Xml } from './xml.ts';
import { type Asked, XML_SERVICES, type XmlAnswer, XmlSender, type XmlService } from './xml-sender.ts';

/**
 * Asks AWS, and changes nothing: an operation that does not begin with Describe, Get, List, BatchGet or Simulate is a
 * bug and throws before anything is sent. All methods reject with an error that `readAwsError` reads.
 */
export interface Reader {
  json<T>(service: JsonServiceName, operation: string, input: object): Promise<T>;
  /** `query` is the sub-resource, such as `versioning`; without one the bucket itself is asked for (HeadBucket). */
  bucket(bucket: string, query: string): Promise<XmlAnswer>;
  /** The bucket policy, a JSON text. */
  bucketPolicy(bucket: string): Promise<string>;
  /** `path` below `/2020-05-31/`. */
  cloudFront(path: string): Promise<XmlAnswer>;
  query(service: 'STS' | 'IAM', action: string, parameters: Readonly<Record<string, string>>): Promise<Xml>;
  /**
   * Whether a write to this key would be let through, without one: a PUT that may only replace an object which is not
   * there. `allowed` where S3 says that it is not there, `ignored` where the server took the condition for nothing (an
   * empty object then exists).
   */
  mayWrite(bucket: string, key: string): Promise<'allowed' | 'ignored'>;
  region(): Promise<string>;
  close(): void;
}

/** https://docs.aws.amazon.com/general/latest/gr/billing.html */
const BUDGETS: JsonService = {
  id: 'Budgets',
  target: 'AWSBudgetServiceGateway',
  version: '1.1',
  signingName: 'budgets',
  host: 'budgets',
  global: {
    zones: { 'aws-eusc': 'eusc-de-east-1' },
    dualStackZones: { aws: 'us-east-1', 'aws-eusc': 'eusc-de-east-1' },
  },
};
const JSON_SERVICES = { ...SERVICES, budgets: BUDGETS } as const;
export type JsonServiceName = keyof typeof JSON_SERVICES;

const READS = /^(Describe|Get|List|BatchGet|Simulate|Head)/;

export function awsReader(settings: AwsSettings, clock: Clock): Reader {
  const xml = new Map<string, Promise<XmlSender>>();
  const sender = (service: XmlService, region = settings.region) => {
    const name = `${service.id} ${region ?? ''}`;
    const known = xml.get(name) ?? XmlSender.open(service, { ...settings, region }, clock);
    xml.set(name, known);
    return known;
  };
  const s3 = bucketAsker((region) => sender(XML_SERVICES.S3, region));
  return {
    json: (name, operation, input) => {
      assertRead(operation);
      return jsonClient(JSON_SERVICES[name], settings)(operation, input);
    },
    bucket: (bucket, query) => s3(bucket, query ? { method: 'GET', query: `${query}=` } : { method: 'HEAD' }),
    bucketPolicy: async (bucket) => (await s3(bucket, { method: 'GET', query: 'policy=' })).text,
    cloudFront: async (path) =>
      (await sender(XML_SERVICES.CloudFront)).send({
        method: 'GET',
        path: `/2020-05-31/${path}`,
      }),
    async query(name, action, parameters) {
      assertRead(action);
      const version = name === 'STS' ? '2011-06-15' : '2010-05-08';
      const body = new URLSearchParams({ Action: action, Version: version, ...parameters }).toString();
      const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
      const answer = await (await sender(XML_SERVICES[name])).send({
        method: 'POST',
        path: '/',
        headers,
        body,
      });
      return answer.xml;
    },
    async mayWrite(bucket, key) {
      const headers = { 'if-match': '"00000000000000000000000000000000"', 'content-length': '0' };
      try {
        await s3(bucket, { method: 'PUT', key, headers, body: '' });
        return 'ignored';
      } catch (error) {
        // 404 where there is no such object, 412 where somebody has made one: the write itself was allowed.
        const { name } = error as Error;
        if (name === 'NoSuchKey' || name === 'PreconditionFailed') return 'allowed';
        throw error;
      }
    },
    region: async () => (await sender(XML_SERVICES.S3)).region,
    close: () => {
      for (const one of xml.values()) one.then((open) => open.close()).catch(() => {});
    },
  };
}

type BucketRequest = Omit<Asked, 'path'> & { readonly key?: string };

/** Asks about buckets, each in its own region: where S3 names another than the job's, it is asked there from then on. */
function bucketAsker(senderIn: (region?: string) => Promise<XmlSender>) {
  const regions = new Map<string, string>();
  return async (bucket: string, asked: BucketRequest): Promise<XmlAnswer> => {
    const request = { ...asked, path: `/${bucket}/${encodeKey(asked.key ?? '')}` };
    const sender = await senderIn(regions.get(bucket));
    try {
      return await sender.send(request);
    } catch (error) {
      const { region } = error as SentError;
      if (region === undefined || region === sender.region) throw error;
      regions.set(bucket, region);
      return (await senderIn(region)).send(request);
    }
  };
}

function assertRead(operation: string): void {
  if (!READS.test(operation)) throw new Error(`${operation} is not a read, and nothing else is sent here`);
}

/** ARNs and names as a part of a path. */
export const pathPart = encodeAll;
