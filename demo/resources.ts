import { callAws, callJson } from './aws.ts';
import type { Cloud } from './cloud.ts';

/** What Terraform would have made before the team's first release (see infra/terraform). */
export interface Resources {
  readonly repository: string;
  readonly service: string;
  readonly apiUrl: string;
  readonly bucket: string;
  readonly releaseBucket: string;
  readonly distribution: string;
  readonly siteUrl: string;
  readonly alarm: string;
}

const NAMES = {
  repository: 'wwhd-api',
  service: 'wwhd-api',
  bucket: 'wwhd-site',
  releaseBucket: 'wwhd-site-backup',
  alarm: 'wwhd-api-5xx',
};
const ACCOUNT = '000000000000';
/** AWS's managed policy CachingOptimized: it honours the origin's Cache-Control. */
const CACHING_OPTIMIZED = '658327ea-f89d-4fab-a63d-7e88639e58f6';

/** The page that the bucket served before us: the first deployment must record it, so that it can be gone back to. */
export const FIRST_PAGE =
  '<!doctype html><meta charset="utf-8"><title>wwhd</title><h1>Coming soon</h1><p>Uploaded by hand.</p>\n';

/**
 * Makes every AWS resource that the week needs, through AWS's own APIs.
 * @param pushFirstImage pushes the image that the service runs before the first release, `registry/repository@sha256:…`
 */
export async function createResources(
  cloud: Cloud,
  pushFirstImage: (repository: string) => Promise<string>,
): Promise<Resources> {
  await callJson(cloud, 'ecr', 'AmazonEC2ContainerRegistry_V20150921.CreateRepository', {
    repositoryName: NAMES.repository,
    imageTagMutability: 'IMMUTABLE',
  });
  await callJson(cloud, 'secretsmanager', 'secretsmanager.CreateSecret', {
    Name: 'wwhd/jwt',
    SecretString: JSON.stringify({ secret: 'known to the service alone' }),
    ClientRequestToken: '11111111-1111-4111-8111-111111111111',
  });
  for (const bucket of [NAMES.bucket, NAMES.releaseBucket]) await createBucket(cloud, bucket);
  await putPage(cloud, 'index.html', FIRST_PAGE);
  const image = await pushFirstImage(NAMES.repository);
  const [site, api] = await Promise.all([createDistribution(cloud), createService(cloud, image)]);
  await createAlarm(cloud);
  return { ...NAMES, service: api.arn, apiUrl: api.url, distribution: site.id, siteUrl: site.url };
}

async function createBucket(cloud: Cloud, bucket: string): Promise<void> {
  await callAws(cloud, {
    service: 's3',
    method: 'PUT',
    path: `/${bucket}`,
    body: `<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LocationConstraint>${cloud.region}</LocationConstraint></CreateBucketConfiguration>`,
  });
}

async function putPage(cloud: Cloud, key: string, text: string): Promise<void> {
  await callAws(cloud, {
    service: 's3',
    method: 'PUT',
    path: `/${NAMES.bucket}/${key}`,
    headers: { 'content-type': 'text/html; charset=utf-8' },
    body: text,
  });
}

/** https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateDistribution.html */
async function createDistribution(cloud: Cloud): Promise<{ id: string; url: string }> {
  const access = await createOriginAccess(cloud);
  const origin = `<Id>site</Id><DomainName>${NAMES.bucket}.s3.${cloud.region}.amazonaws.com</DomainName><OriginAccessControlId>${access}</OriginAccessControlId><S3OriginConfig><OriginAccessIdentity></OriginAccessIdentity></S3OriginConfig>`;
  const notFound =
    '<CustomErrorResponse><ErrorCode>404</ErrorCode><ResponsePagePath>/404.html</ResponsePagePath><ResponseCode>404</ResponseCode><ErrorCachingMinTTL>0</ErrorCachingMinTTL></CustomErrorResponse>';
  const answer = await postCloudFront(
    cloud,
    'distribution',
    `<DistributionConfig ${XMLNS}><CallerReference>wwhd-site</CallerReference><DefaultRootObject>index.html</DefaultRootObject><Origins><Quantity>1</Quantity><Items><Origin>${origin}</Origin></Items></Origins><DefaultCacheBehavior><TargetOriginId>site</TargetOriginId><ViewerProtocolPolicy>redirect-to-https</ViewerProtocolPolicy><Compress>true</Compress><CachePolicyId>${CACHING_OPTIMIZED}</CachePolicyId></DefaultCacheBehavior><CustomErrorResponses><Quantity>1</Quantity><Items>${notFound}</Items></CustomErrorResponses><Comment>wwhd</Comment><Enabled>true</Enabled></DistributionConfig>`,
  );
  await allowReading(cloud, field(answer, 'ARN'));
  // The local cloud's hosts carry a port and speak plain HTTP.
  return { id: field(answer, 'Id'), url: `http://${field(answer, 'DomainName')}` };
}

/** The bucket is private; CloudFront signs its requests to it. @returns the access control's id */
async function createOriginAccess(cloud: Cloud): Promise<string> {
  const answer = await postCloudFront(
    cloud,
    'origin-access-control',
    `<OriginAccessControlConfig ${XMLNS}><Name>wwhd-site</Name><SigningProtocol>sigv4</SigningProtocol><SigningBehavior>always</SigningBehavior><OriginAccessControlOriginType>s3</OriginAccessControlOriginType></OriginAccessControlConfig>`,
  );
  return field(answer, 'Id');
}

const XMLNS = 'xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"';

function postCloudFront(cloud: Cloud, path: string, body: string): Promise<string> {
  return callAws(cloud, {
    service: 'cloudfront',
    method: 'POST',
    path: `/2020-05-31/${path}`,
    headers: { 'content-type': 'application/xml' },
    body,
  });
}

function field(xml: string, name: string): string {
  return new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml)?.[1] ?? '';
}

/** Reading and, so that a missing page is a 404 and not a 403, listing: for this distribution alone. */
async function allowReading(cloud: Cloud, distribution: string): Promise<void> {
  const statement = (action: string, resource: string) => ({
    Effect: 'Allow',
    Principal: { Service: 'cloudfront.amazonaws.com' },
    Action: action,
    Resource: resource,
    Condition: { StringEquals: { 'AWS:SourceArn': distribution } },
  });
  const arn = `arn:aws:s3:::${NAMES.bucket}`;
  const Statement = [statement('s3:GetObject', `${arn}/*`), statement('s3:ListBucket', arn)];
  await callAws(cloud, {
    service: 's3',
    method: 'PUT',
    path: `/${NAMES.bucket}?policy=`,
    body: JSON.stringify({ Version: '2012-10-17', Statement }),
  });
}

interface ServiceAnswer {
  readonly Service: { readonly ServiceArn: string; readonly ServiceUrl: string; readonly Status: string };
}

/** https://docs.aws.amazon.com/apprunner/latest/api/API_CreateService.html */
async function createService(cloud: Cloud, image: string): Promise<{ arn: string; url: string }> {
  const role = (name: string) => `arn:aws:iam::${ACCOUNT}:role/${name}`;
  const { Service: created } = await callJson<ServiceAnswer>(cloud, 'apprunner', 'AppRunner.CreateService', {
    ServiceName: NAMES.service,
    SourceConfiguration: {
      AuthenticationConfiguration: { AccessRoleArn: role('apprunner-ecr-access') },
      AutoDeploymentsEnabled: false,
      ImageRepository: {
        ImageIdentifier: image,
        ImageRepositoryType: 'ECR',
        ImageConfiguration: { Port: '8000' },
      },
    },
    InstanceConfiguration: { Cpu: '1 vCPU', Memory: '2 GB', InstanceRoleArn: role('wwhd-api-instance') },
    HealthCheckConfiguration: {
      Protocol: 'HTTP',
      Path: '/health',
      Interval: 5,
      Timeout: 2,
      HealthyThreshold: 1,
      UnhealthyThreshold: 3,
    },
  });
  for (let status = created.Status; status !== 'RUNNING'; ) {
    if (status === 'CREATE_FAILED') throw new Error('the App Runner service could not be created');
    await new Promise((resolve) => setTimeout(resolve, 100));
    status = (await describeService(cloud, created.ServiceArn)).Status;
  }
  return { arn: created.ServiceArn, url: `http://${created.ServiceUrl}` };
}

export interface ServiceState {
  readonly Status: string;
  readonly SourceConfiguration: { readonly ImageRepository: { readonly ImageIdentifier: string } };
}

export async function describeService(cloud: Cloud, arn: string): Promise<ServiceState> {
  const { Service } = await callJson<{ Service: ServiceState }>(
    cloud,
    'apprunner',
    'AppRunner.DescribeService',
    {
      ServiceArn: arn,
    },
  );
  return Service;
}

/** The alarm that a backend release is watched by: https://docs.aws.amazon.com/apprunner/latest/dg/monitor-cw.html */
async function createAlarm(cloud: Cloud): Promise<void> {
  const call = (parameters: Record<string, string>) =>
    callAws(cloud, {
      service: 'monitoring',
      method: 'POST',
      path: '/',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ Version: '2010-08-01', ...parameters }).toString(),
    });
  await call({
    Action: 'PutMetricAlarm',
    AlarmName: NAMES.alarm,
    Namespace: 'AWS/AppRunner',
    MetricName: '5xxStatusResponses',
    Statistic: 'Sum',
    ComparisonOperator: 'GreaterThanThreshold',
    Threshold: '5',
    Period: '60',
    EvaluationPeriods: '1',
  });
  await call({ Action: 'SetAlarmState', AlarmName: NAMES.alarm, StateValue: 'OK', StateReason: 'no errors' });
}
