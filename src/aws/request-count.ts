import type { S3Client } from '@aws-sdk/client-s3';
import type { Usage } from './bulk-store.ts';

const counts = new WeakMap<S3Client, Usage>();

interface Stack {
  add(middleware: unknown, options: Record<string, unknown>): void;
}

/** Counts each attempt that a client sends. A client that is shared counts for whoever came last. */
export function countRequests(client: S3Client, usage: Usage): void {
  counts.set(client, usage);
  countAlike(client, client);
}

/** What `client` sends counts where that of `other` does. */
export function countAlike(client: S3Client, other: S3Client): void {
  const middleware =
    (next: (args: unknown) => Promise<unknown>, context: { commandName?: string }) => (args: unknown) => {
      counts.get(other)?.count((context.commandName ?? 'Unknown').replace(/Command$/, ''));
      return next(args);
    };
  (client.middlewareStack as Stack).add(middleware, {
    step: 'deserialize',
    priority: 'low',
    name: 'wwhdUsage',
    override: true,
  });
}
