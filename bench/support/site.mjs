// A site behind CloudFront as tests and benches make one: what is sent to CloudFront and S3, as plain data.

/** AWS's managed cache policy CachingOptimized. */
const CACHING_OPTIMIZED = '658327ea-f89d-4fab-a63d-7e88639e58f6';

export const originAccess = (bucket) => ({
  Name: bucket,
  SigningProtocol: 'sigv4',
  SigningBehavior: 'always',
  OriginAccessControlOriginType: 's3',
});

export const siteDistribution = ({
  bucket,
  originAccessId,
  reference = bucket,
  originPath = '',
  functions = [],
  errorPages = [],
  aliases = [],
  behaviors = [],
  certificate,
}) => ({
  CallerReference: reference,
  Comment: '',
  Enabled: true,
  Aliases: { Quantity: aliases.length, Items: aliases },
  ...(certificate
    ? { ViewerCertificate: { ACMCertificateArn: certificate, SSLSupportMethod: 'sni-only' } }
    : {}),
  DefaultRootObject: 'index.html',
  Origins: {
    Quantity: 1 + behaviors.length,
    Items: [
      {
        Id: 'site',
        DomainName: `${bucket}.s3.us-west-2.amazonaws.com`,
        OriginPath: originPath,
        OriginAccessControlId: originAccessId,
        S3OriginConfig: { OriginAccessIdentity: '' },
      },
      ...behaviors.map(({ path, host }) => ({
        Id: path,
        DomainName: host,
        OriginPath: '',
        CustomOriginConfig: { HTTPPort: 80, HTTPSPort: 443, OriginProtocolPolicy: 'https-only' },
      })),
    ],
  },
  DefaultCacheBehavior: {
    TargetOriginId: 'site',
    ViewerProtocolPolicy: 'redirect-to-https',
    CachePolicyId: CACHING_OPTIMIZED,
    FunctionAssociations: { Quantity: functions.length, Items: functions },
  },
  ...(behaviors.length > 0
    ? {
        CacheBehaviors: {
          Quantity: behaviors.length,
          Items: behaviors.map(({ path }) => ({
            PathPattern: path,
            TargetOriginId: path,
            ViewerProtocolPolicy: 'redirect-to-https',
            CachePolicyId: CACHING_OPTIMIZED,
          })),
        },
      }
    : {}),
  CustomErrorResponses: { Quantity: errorPages.length, Items: errorPages },
});

/** The bucket stays private: its distributions alone may read it, and may see that something is not there. */
export function cdnReads(bucket, ...distributions) {
  const grant = (Action, Resource) => ({
    Effect: 'Allow',
    Principal: { Service: 'cloudfront.amazonaws.com' },
    Action,
    Resource,
    Condition: {
      StringEquals: {
        'AWS:SourceArn': distributions.map((id) => `arn:aws:cloudfront::000000000000:distribution/${id}`),
      },
    },
  });
  const Statement = [
    grant('s3:GetObject', `arn:aws:s3:::${bucket}/*`),
    grant('s3:ListBucket', `arn:aws:s3:::${bucket}`),
  ];
  return JSON.stringify({ Version: '2012-10-17', Statement });
}
