import { HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { WireTarget } from './http-wire.ts';

/** Where a bucket is and how requests to it are signed: asked of the SDK once, used for thousands of requests. */
export interface Place extends WireTarget {
  readonly host: string;
  /** Path of the bucket, without a slash at its end: '' where the bucket is in the host name. */
  readonly basePath: string;
  readonly region: string;
}

/** Lets the SDK resolve, build and sign one request that is never sent, and reads from it where requests go. */
export async function findPlace(client: S3Client, bucket: string): Promise<Place> {
  const command = new HeadObjectCommand({ Bucket: bucket, Key: 'k' });
  let seen: BuiltRequest | undefined;
  command.middlewareStack.add(
    () => async (args) => {
      seen = args.request as BuiltRequest;
      return { response: {}, output: { $metadata: {} } };
    },
    { step: 'finalizeRequest', priority: 'low', name: 'wwhdPlace' },
  );
  await client.send(command);
  const scope = /Credential=[^/]+\/\d+\/([^/]+)\/s3\//.exec(seen?.headers['authorization'] ?? '');
  if (!seen || !scope?.[1]) throw new Error(`requests to ${bucket} are signed in a way that we do not know`);
  return {
    protocol: seen.protocol === 'http:' ? 'http:' : 'https:',
    hostname: seen.hostname,
    port: seen.port,
    host: seen.headers['host'] ?? (seen.port ? `${seen.hostname}:${seen.port}` : seen.hostname),
    basePath: seen.path.replace(/\/k$/, ''),
    region: scope[1],
  };
}

interface BuiltRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}
