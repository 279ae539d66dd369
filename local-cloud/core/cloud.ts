import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ACCOUNT } from './account.ts';
import { controlApi } from './control.ts';
import { Faults } from './faults.ts';
import { allowedNames, listensHereOnly } from './guard.ts';
import { Keys } from './keys.ts';
import { RequestLog } from './request-log.ts';
import { cloudServer, listen } from './server.ts';
import type { CloudContext, Service, ServiceFactory } from './service.ts';
import { lockFolder } from './state/folder-lock.ts';
import { StateFolder } from './state/state-folder.ts';

export interface CloudOptions {
  /** 0: any free port. */
  readonly port: number;
  readonly host: string;
  /** Names that the API port answers to besides localhost, loopback addresses and AWS's own. */
  readonly allowHosts?: readonly string[];
  /** Folder that state is kept in and taken from; without it, nothing outlives the process. */
  readonly state?: string | undefined;
  /** Divides every wait that AWS would make. */
  readonly speed: number;
  /** Milliseconds added to every request. */
  readonly latency: number;
  /** Whether images may run in a container engine; default true. */
  readonly engine?: boolean;
  readonly region: string;
  log(line: string): void;
}

export interface Cloud {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  close(): Promise<void>;
}

/** Starts all services behind one port. */
export async function startCloud(
  factories: readonly ServiceFactory[],
  options: CloudOptions,
): Promise<Cloud> {
  const dataDir = options.state ? resolve(options.state) : mkdtempSync(join(tmpdir(), 'local-cloud-'));
  mkdirSync(dataDir, { recursive: true });
  const unlock = options.state ? lockFolder(dataDir) : () => {};
  try {
    return await startIn(dataDir, factories, options, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

async function startIn(
  dataDir: string,
  factories: readonly ServiceFactory[],
  options: CloudOptions,
  unlock: () => void,
): Promise<Cloud> {
  const services = new Map<string, Service>();
  const faults = new Faults();
  const log = new RequestLog();
  let endpoint = '';
  let state: StateFolder | undefined;
  // Services need the endpoint, so the port is bound first; a request that comes before what was saved is back waits.
  let loaded: Promise<void> | undefined;
  const context: CloudContext = {
    account: ACCOUNT,
    region: options.region,
    endpoint: () => endpoint,
    dataDir,
    durable: options.state !== undefined,
    speed: options.speed,
    engine: options.engine ?? true,
    now: Date.now,
    keys: new Keys(rootSecret(dataDir), ACCOUNT),
    log: options.log,
    service: <T extends Service>(name: string): T => {
      const service = services.get(name);
      if (!service) throw new Error(`there is no service ${name}`);
      return service as T;
    },
    fault: (service, kind, resource, operation) =>
      faults.empty ? undefined : faults.take(new Set([kind]), { service, resource, operation }),
    changed: (service) => state?.changed(service),
  };
  for (const make of factories) {
    const service = make(context);
    services.set(service.name, service);
  }
  if (options.state) state = new StateFolder(join(dataDir, 'state'), services, options.log);
  const server = cloudServer({
    services,
    faults,
    log,
    keys: context.keys,
    region: options.region,
    allowedNames: allowedNames([...(options.allowHosts ?? []), ...listenedName(options.host)]),
    latency: options.latency,
    now: Date.now,
    control: controlApi({ faults, log, services, about: () => about(services, options, endpoint) }),
    state,
    say: options.log,
    ready: () => loaded,
  });
  const port = await listen(server, options.port, options.host);
  endpoint = `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`;
  if (!listensHereOnly(options.host)) {
    options.log(
      `warning: --host ${options.host} is no loopback address: whoever reaches port ${port} can run programs on this machine`,
    );
  }
  loaded = state?.load();
  await loaded;
  for (const service of services.values()) await service.start?.();
  return {
    endpoint,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await state?.close();
      await Promise.allSettled([...services.values()].map((service) => service.close?.()));
      unlock();
      if (!options.state) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** What all that the cloud issues hangs on: made once, and kept in the folder of the state. */
function rootSecret(dataDir: string): Buffer {
  const file = join(dataDir, 'secret');
  try {
    const secret = Buffer.from(readFileSync(file, 'utf8'), 'hex');
    if (secret.length === 32) return secret;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const secret = randomBytes(32);
  writeFileSync(file, secret.toString('hex'), { mode: 0o600 });
  return secret;
}

/** An address that was named to listen on is one to answer as; `0.0.0.0` and `::` name none. */
const listenedName = (host: string): string[] => (/^(?:0\.0\.0\.0|::|\[::\])$/.test(host) ? [] : [host]);

function about(services: ReadonlyMap<string, Service>, options: CloudOptions, endpoint: string) {
  return {
    name: 'local cloud',
    endpoint,
    account: ACCOUNT,
    region: options.region,
    speed: options.speed,
    services: [...services.keys()],
    operations: Object.fromEntries([...services].map(([name, service]) => [name, service.operations ?? []])),
    state: options.state ?? null,
  };
}
