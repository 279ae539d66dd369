import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { bundlePath } from './dist.ts';

export interface LoggedRequest {
  readonly service: string;
  readonly operation: string;
  readonly resource: string;
  readonly mutating: boolean;
  readonly status: number;
  readonly code?: string;
  readonly iam: readonly string[];
  readonly time: number;
}

/** A fault to ask for: see local-cloud/core/faults.ts for what each kind does. */
export type FaultRequest = Readonly<Record<string, unknown>> & { readonly kind: string };

/** Requests of one operation, and whose resource's name contains `resource`. */
export interface RequestFilter {
  readonly operation?: string;
  readonly resource?: string;
}

export interface TestCloud {
  readonly endpoint: string;
  /** Environment of a process that is to talk to this cloud. */
  readonly env: Readonly<Record<string, string>>;
  /** The same as the configuration of an SDK client. */
  readonly client: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  /** What it printed on its standard error until now. */
  said(): string;
  /** All requests, or some: who asks again and again asks for no more than it needs. */
  requests(of?: RequestFilter): Promise<LoggedRequest[]>;
  /** Requests that changed something: mutating and answered with success, and not with an error under a status of 200. */
  changes(of?: RequestFilter): Promise<LoggedRequest[]>;
  clearRequests(): Promise<void>;
  fault(fault: FaultRequest): Promise<void>;
  /** What was asked for, and how often it has happened. */
  faults(): Promise<Array<FaultRequest & { readonly id: string; readonly hits: number }>>;
  clearFaults(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the bundled local cloud as a process of its own on a free port. */
export async function startCloud(
  options: { speed?: number; state?: string; args?: string[] } = {},
): Promise<TestCloud> {
  const args = ['--port', '0', '--speed', String(options.speed ?? 20), ...(options.args ?? [])];
  if (options.state) args.push('--state', options.state);
  const child = spawn(process.execPath, [join(bundlePath('local-cloud'), 'index.js'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: string[] = [];
  child.stderr?.on('data', (chunk) => said.push(String(chunk)));
  const endpoint = await ready(child, said);
  const control = (path: string, init?: RequestInit) => fetch(`${endpoint}/_cloud/${path}`, init);
  const requests = async (of: RequestFilter = {}) => {
    const answer = await control(`requests?${new URLSearchParams({ ...of })}`);
    const { resource = '' } = of;
    return ((await answer.json()) as LoggedRequest[]).filter((r) => (r.resource ?? '').includes(resource));
  };
  return {
    endpoint,
    env: cloudEnv(endpoint),
    client: { endpoint, region: 'us-west-2', credentials: CLOUD_KEYS },
    said: () => said.join(''),
    requests,
    changes: async (of) => (await requests(of)).filter((r) => r.mutating && r.status < 300 && !r.code),
    clearRequests: async () => void (await control('requests', { method: 'DELETE' })),
    fault: async (fault) => {
      const answer = await control('faults', { method: 'POST', body: JSON.stringify(fault) });
      if (!answer.ok) throw new Error(`the local cloud refused the fault: ${await answer.text()}`);
    },
    faults: async () => (await control('faults')).json(),
    clearFaults: async () => void (await control('faults', { method: 'DELETE' })),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

/** The key pair that the local cloud has: see docs/local-cloud.md. */
export const CLOUD_KEYS = { accessKeyId: 'local', secretAccessKey: 'local' };

export function cloudEnv(endpoint: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'us-west-2',
    AWS_DEFAULT_REGION: 'us-west-2',
    AWS_ACCESS_KEY_ID: CLOUD_KEYS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CLOUD_KEYS.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

/** The ready line is `local cloud ready on http://127.0.0.1:PORT`. */
async function ready(child: ChildProcess, said: string[]): Promise<string> {
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  return new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      said.push(line);
      const match = /ready on (http:\/\/[\d.:]+)/.exec(line);
      if (match?.[1]) resolve(match[1].replace('//0.0.0.0:', '//127.0.0.1:'));
    });
    child.on('exit', (code) =>
      reject(new Error(`the local cloud ended with ${code} before it was ready:\n${said.join('\n')}`)),
    );
  });
}
