import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { signedFetch } from '../support/signed.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud({ speed: 100 });
  await signedFetch(cloud, { service: 's3', method: 'PUT', path: '/tagged', body: place });
  await signedFetch(cloud, { service: 's3', method: 'PUT', path: '/tagged/a', body: 'text' });
});
afterAll(() => cloud?.stop());

const place =
  '<CreateBucketConfiguration><LocationConstraint>us-west-2</LocationConstraint></CreateBucketConfiguration>';

interface Tag {
  readonly key?: string;
  readonly value?: string;
}

/** Sends tags to an operation of a service; answers the error's code. */
type Send = (tags: readonly Tag[]) => Promise<string>;

const codeOf = async (answer: Response): Promise<string> => {
  const text = await answer.text();
  return /<Code>(\w+)<|"(?:__type|code)":"(?:[\w.]+#)?(\w+)"/.exec(text)?.slice(1).find(Boolean) ?? text;
};

const json =
  (
    service: string,
    version: string,
    target: string,
    input: object,
    name: 'Tags' | 'tags',
    kind: string,
  ): Send =>
  async (tags) => {
    const shaped = {
      pascal: tags.map(({ key, value }) => ({ Key: key, Value: value })),
      camel: tags.map(({ key, value }) => ({ key, value })),
      map: Object.fromEntries(tags.map(({ key = '', value = '' }) => [key, value])),
    }[kind];
    const headers = { 'content-type': `application/x-amz-json-${version}`, 'x-amz-target': target };
    const body = JSON.stringify({ ...input, [name]: shaped });
    return codeOf(await signedFetch(cloud, { service, method: 'POST', headers, body }));
  };

const query =
  (service: string, params: Record<string, string>): Send =>
  async (tags) => {
    const form = new URLSearchParams(params);
    for (const [i, { key, value }] of tags.entries()) {
      if (key !== undefined) form.set(`Tags.member.${i + 1}.Key`, key);
      if (value !== undefined) form.set(`Tags.member.${i + 1}.Value`, value);
    }
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return codeOf(await signedFetch(cloud, { service, method: 'POST', headers, body: form.toString() }));
  };

const element = (name: string, value: string | undefined) =>
  value === undefined ? '' : `<${name}>${value}</${name}>`;
const tagXml = (tags: readonly Tag[]) =>
  tags.map(({ key, value }) => `<Tag>${element('Key', key)}${element('Value', value)}</Tag>`).join('');

const ofObject: Send = async (tags) =>
  codeOf(
    await signedFetch(cloud, {
      service: 's3',
      method: 'PUT',
      path: '/tagged/a?tagging=',
      body: `<Tagging><TagSet>${tagXml(tags)}</TagSet></Tagging>`,
    }),
  );

const ofFunction: Send = async (tags) =>
  codeOf(
    await signedFetch(cloud, {
      service: 'cloudfront',
      region: 'us-east-1',
      method: 'POST',
      path: '/2020-05-31/function',
      body: `<CreateFunctionRequest><Name>f</Name><FunctionConfig><Comment></Comment><Runtime>cloudfront-js-2.0</Runtime></FunctionConfig><FunctionCode>eA==</FunctionCode><Tags><Items>${tagXml(tags)}</Items></Tags></CreateFunctionRequest>`,
    }),
  );

const ECS = 'AmazonEC2ContainerServiceV20141113';
const target = (n: string) => `AnyScaleFrontendService.${n}`;
const scalable = {
  ServiceNamespace: 'ecs',
  ResourceId: 'service/c/s',
  ScalableDimension: 'ecs:service:DesiredCount',
  MinCapacity: 1,
  MaxCapacity: 2,
};

/** What says a service of: no key; a key of AWS's; a key of 129 characters; a value of 257; 51 tags. */
const TABLE: ReadonlyArray<readonly [string, Send, string, string, string]> = [
  ['S3 objects', ofObject, 'MalformedXML', 'InvalidTag', 'BadRequest'],
  ['CloudFront', ofFunction, 'MalformedXML', 'InvalidTagging', 'InvalidTagging'],
  [
    'ECS',
    json('ecs', '1.1', `${ECS}.CreateCluster`, { clusterName: 'c' }, 'tags', 'camel'),
    'InvalidParameterException',
    'InvalidParameterException',
    'InvalidParameterException',
  ],
  [
    'ECR',
    json(
      'ecr',
      '1.1',
      'AmazonEC2ContainerRegistry_V20150921.CreateRepository',
      { repositoryName: 'repo' },
      'tags',
      'pascal',
    ),
    'InvalidParameterException',
    'InvalidTagParameterException',
    'TooManyTagsException',
  ],
  [
    'App Runner',
    json(
      'apprunner',
      '1.0',
      'AppRunner.CreateAutoScalingConfiguration',
      { AutoScalingConfigurationName: 'auto' },
      'Tags',
      'pascal',
    ),
    'InvalidRequestException',
    'InvalidRequestException',
    'InvalidRequestException',
  ],
  [
    'CloudWatch Logs',
    json('logs', '1.1', 'Logs_20140328.CreateLogGroup', { logGroupName: 'g' }, 'tags', 'map'),
    'InvalidParameterException',
    'InvalidParameterException',
    'InvalidParameterException',
  ],
  [
    'Secrets Manager',
    json('secretsmanager', '1.1', 'secretsmanager.CreateSecret', { Name: 's' }, 'Tags', 'pascal'),
    'InvalidParameterException',
    'InvalidParameterException',
    'InvalidParameterException',
  ],
  [
    'Parameter Store',
    json(
      'ssm',
      '1.1',
      'AmazonSSM.PutParameter',
      { Name: '/p', Value: 'v', Type: 'String' },
      'Tags',
      'pascal',
    ),
    'ValidationException',
    'ValidationException',
    'TooManyTagsError',
  ],
  [
    'Application Auto Scaling',
    json('application-autoscaling', '1.1', target('RegisterScalableTarget'), scalable, 'Tags', 'map'),
    'ValidationException',
    'ValidationException',
    'TooManyTagsException',
  ],
  [
    'CloudWatch',
    query('monitoring', {
      Action: 'PutMetricAlarm',
      Version: '2010-08-01',
      AlarmName: 'a',
      ComparisonOperator: 'GreaterThanThreshold',
      EvaluationPeriods: '1',
    }),
    'ValidationError',
    'InvalidParameterValue',
    'InvalidParameterValue',
  ],
  [
    'Elastic Load Balancing',
    query('elasticloadbalancing', { Action: 'CreateTargetGroup', Version: '2015-12-01', Name: 't' }),
    'ValidationError',
    'ValidationError',
    'TooManyTags',
  ],
];

describe('tags are refused', () => {
  const many = Array.from({ length: 51 }, (_, n) => ({ key: `k${n}`, value: '' }));
  it.each(TABLE)('by %s', async (_service, send, noKey, reserved, tooMany) => {
    expect({
      'no key': await send([{ value: 'x' }]),
      reserved: await send([{ key: 'aws:mine', value: 'x' }]),
      many: await send(many),
    }).toEqual({ 'no key': noKey, reserved, many: tooMany });
    for (const long of [
      { key: 'k'.repeat(129), value: '' },
      { key: 'k', value: 'v'.repeat(257) },
    ])
      expect(await send([long])).toMatch(/^(Invalid|Validation|MalformedXML|Serialization)\w*$/);
  });

  it('by Elastic Load Balancing where a key is given twice', async () => {
    const send = TABLE.at(-1)?.[1] as Send;
    const tag = { key: 'k', value: 'v' };
    expect(await send([tag, tag])).toBe('DuplicateTagKeys');
  });
});
