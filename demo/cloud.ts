import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { AwsAccess } from './aws.ts';
import type { CloudReport } from './model.ts';
import type { Paths } from './paths.ts';

/** The local cloud, as a process of its own on a free port. */
export interface Cloud extends AwsAccess {
  readonly process: ChildProcess;
  /** Environment of a job that is to talk to this cloud. */
  readonly env: Readonly<Record<string, string>>;
  /** Forgets the requests until now. */
  forget(): Promise<void>;
  /** What was asked since. */
  report(): Promise<CloudReport>;
  stop(): Promise<void>;
}

interface LoggedRequest {
  readonly service: string;
  readonly operation: string;
  readonly mutating: boolean;
  readonly status: number;
  readonly iam?: readonly string[];
  readonly bytesIn?: number;
  readonly bytesOut?: number;
}

const REGION = 'us-west-2';
/** The key pair that the local cloud has. */
const KEYS = { accessKey: 'local', secretKey: 'local' };

export async function startCloud(paths: Paths, options: { speed: number; port: number }): Promise<Cloud> {
  const child = spawn(
    process.execPath,
    [
      join(paths.dist, 'local-cloud', 'index.js'),
      '--port',
      String(options.port),
      '--speed',
      String(options.speed),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const endpoint = await ready(child);
  return {
    endpoint,
    region: REGION,
    ...KEYS,
    process: child,
    env: {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: KEYS.accessKey,
      AWS_SECRET_ACCESS_KEY: KEYS.secretKey,
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    forget: async () => void (await fetch(`${endpoint}/_cloud/requests`, { method: 'DELETE' })),
    report: async () =>
      summarize((await (await fetch(`${endpoint}/_cloud/requests`)).json()) as LoggedRequest[]),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      const forced = setTimeout(() => child.kill('SIGKILL'), 5000);
      await once(child, 'exit');
      clearTimeout(forced);
    },
  };
}

/** The cloud prints one line when it is ready: `local cloud ready on http://127.0.0.1:PORT`. */
function ready(child: ChildProcess): Promise<string> {
  const said: string[] = [];
  child.stderr?.on('data', (chunk) => said.push(String(chunk)));
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      if (said.length < 50) said.push(line);
      const match = /ready on (http:\/\/[\d.:]+)/.exec(line);
      if (match?.[1]) resolve(match[1]);
    });
    child.on('exit', (code) =>
      reject(new Error(`the local cloud ended with ${code} before it was ready:\n${said.join('\n')}`)),
    );
  });
}

function summarize(log: readonly LoggedRequest[]): CloudReport {
  const services = new Map<string, Map<string, number>>();
  for (const { service, operation } of log) {
    const operations = services.get(service) ?? new Map<string, number>();
    operations.set(operation, (operations.get(operation) ?? 0) + 1);
    services.set(service, operations);
  }
  const sum = (numbers: Iterable<number>) => [...numbers].reduce((total, n) => total + n, 0);
  return {
    requests: log.length,
    mutating: log.filter((r) => r.mutating && r.status < 300).length,
    bytesIn: sum(log.map((r) => r.bytesIn ?? 0)),
    bytesOut: sum(log.map((r) => r.bytesOut ?? 0)),
    services: [...services]
      .map(([service, operations]) => ({
        service,
        requests: sum(operations.values()),
        operations: [...operations]
          .map(([operation, requests]) => ({ operation, requests }))
          .sort((a, b) => b.requests - a.requests),
      }))
      .sort((a, b) => b.requests - a.requests),
    iam: [...new Set(log.flatMap((r) => r.iam ?? []))].sort(),
  };
}
