import { setMaxListeners } from 'node:events';
import { siteClients } from '../../src/aws/site-clients.ts';
import {
  type DeploySiteConfig,
  type DeploySitePorts,
  deploySite,
  planRestoreSite,
  type RestorePorts,
  restoreSite,
  stageRestore,
} from '../../src/parts/site/index.ts';
import { localReferences } from '../../src/parts/site/scan/html-refs.ts';
import type { Hold, Ledger } from '../../src/release/ledger.ts';
import { openLedger } from '../../src/release/open.ts';
import { liveRelease, siteOf } from '../../src/release/record.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLog } from '../../src/runtime/log.ts';
import { makeFolder, smallSite, type TestSite } from './site.ts';

/** When the machine that a deployment runs on goes away. */
export interface Death {
  /** Requests that are still carried out. */
  readonly after: number;
  /** Whether the next one is carried out too, and only its answer is lost. */
  readonly carriedOut: boolean;
}

export interface LabPorts extends DeploySitePorts, RestorePorts {
  /** Resolves when the machine has died. */
  readonly dead: Promise<void>;
  /** Requests so far. */
  readonly requests: () => number;
  close(): void;
}

const never = new Promise<never>(() => {});

/**
 * The ports of a deployment in this process, whose machine dies at a chosen request: from then on nothing that it asks
 * for is sent, and nothing is ever answered. The lock has tests of its own and is left out.
 */
export async function labPorts(site: TestSite, death?: Death): Promise<LabPorts> {
  const clients = await siteClients({
    bucket: site.bucket,
    releaseBucket: site.releaseBucket,
    distributions: [site.distribution, ...site.more.map(({ id }) => id)].filter(Boolean),
    connections: 16,
    clock: systemClock,
  });
  let sent = 0;
  let die = () => {};
  const dead = new Promise<void>((resolve) => {
    die = resolve;
  });
  const mortal = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(object, name) {
        const value = Reflect.get(object, name);
        if (typeof value !== 'function' || name === 'close' || name === 'list') return value;
        return async (...args: unknown[]) => {
          const n = ++sent;
          if (death && n > death.after) {
            if (death.carriedOut && n === death.after + 1) await value.apply(object, args).catch(() => {});
            die();
            return never;
          }
          const answer = await value.apply(object, args);
          // What was answered after the end reaches nobody.
          if (death && sent > death.after) return never;
          return answer;
        };
      },
    });
  const signal = new AbortController().signal;
  setMaxListeners(0, signal);
  const release = mortal(clients.release);
  const ledger: Ledger = openLedger({
    store: release,
    environment: 'production',
    log: silentLog,
    clock: systemClock,
  });
  return {
    live: mortal(clients.live),
    release,
    cdns: clients.cdns.map(mortal),
    usage: clients.usage,
    log: silentLog,
    clock: systemClock,
    signal,
    ledger,
    run: {
      commit: '1'.repeat(40),
      ref: 'refs/heads/main',
      repository: 'org/app',
      actor: 'octocat',
      url: '',
      holder: 'lab',
      runNumber: 1,
      apiUrl: '',
      workspace: '',
    },
    lock: async () =>
      ({ signal, token: 'lab', release: async () => {}, confirm: async () => {} }) as unknown as Hold,
    fence: async () => {},
    gate: undefined,
    useSignal: () => {},
    onOpen: () => {},
    async pointerManifest() {
      const id = liveRelease(await ledger.current(), 'frontend');
      return id ? siteOf(await ledger.record(id), 'frontend')?.manifest : undefined;
    },
    dead,
    requests: () => sent,
    close: () => clients.close(),
  };
}

/** A deployment of a folder with the action's defaults. */
export function labConfig(site: TestSite, source: string, releaseId: string): DeploySiteConfig {
  return {
    part: 'frontend',
    place: { bucket: site.bucket, prefix: '', environment: 'production' },
    scan: {
      source,
      excluded: () => false,
      dotfiles: false,
      cacheRules: [],
      precompress: () => undefined,
      headerRules: [],
      entries: ['index.html'],
      allowed: () => false,
    },
    options: {
      retainReleases: 2,
      verify: 'pages',
      waitForInvalidation: false,
      waitTimeout: 60_000,
      concurrency: 8,
      siteUrl: undefined,
    },
    releaseId,
    writes: {},
    keepReleases: 20,
    maxDelete: { kind: 'share', value: 1 },
    maxInvalidationPaths: 100,
    mayBeMissing: () => false,
    rollbackOnFailure: true,
    dryRun: false,
  };
}

/** Deploys in this process. @param config what is other than in `labConfig` */
export async function labDeploy(
  site: TestSite,
  source: string,
  release: string,
  own: { config?: Partial<DeploySiteConfig>; ports?: Partial<LabPorts> } = {},
) {
  const ports = await labPorts(site);
  try {
    return await deploySite(
      { ...labConfig(site, source, release), ...own.config },
      { ...ports, ...own.ports },
    );
  } finally {
    ports.close();
  }
}

/** Goes back to the manifest of a release, as release `id`. */
export async function labRestore(site: TestSite, to: string, id: string) {
  const ports = await labPorts(site);
  try {
    const { place, options, keepReleases, maxInvalidationPaths } = labConfig(site, '', '');
    const manifest = `sites/${site.bucket}/manifests/${to}.json`;
    const config = { place, manifest, releaseId: id, options, keepReleases, maxInvalidationPaths };
    await ports.ledger.open({ id, type: 'rollback', run: ports.run });
    const plan = await planRestoreSite(config, ports);
    await stageRestore(config, ports, plan);
    const activated = await restoreSite(config, ports, plan);
    await ports.ledger.movePointer(id, ['frontend']);
    return (await activated.finish()).report;
  } finally {
    ports.close();
  }
}

/** Loads a page as a browser does, with all that it names. @returns what was not there. */
export async function loadPage(site: TestSite, path: string): Promise<string[]> {
  const page = await site.get(path);
  if (page.status !== 200) return [`${path}: HTTP ${page.status}`];
  return loadAssets(site, path, page.body);
}

async function loadAssets(site: TestSite, path: string, html: string): Promise<string[]> {
  const file = path.endsWith('/') ? `${path.slice(1)}index.html` : path.slice(1);
  const missing = await Promise.all(
    [...localReferences(html, file).keys()].map(async (asset) => {
      const answer = await site.get(`/${asset}`);
      return answer.status === 200 ? undefined : `${path} loads /${asset}: HTTP ${answer.status}`;
    }),
  );
  return missing.filter((problem) => problem !== undefined);
}

export interface Browsed {
  readonly deployments: number;
  readonly loads: number;
  readonly problems: readonly string[];
}

/**
 * Deploys version after version of a small site, while browsers load its pages through the CDN without a pause, and tabs
 * that opened a page before a deployment load what it names after that.
 */
export async function deployWhileBrowsing(
  site: TestSite,
  pages: readonly string[],
  deployments: { least: number; most: number; milliseconds: number },
): Promise<Browsed> {
  await labDeploy(site, makeFolder(smallSite('v0')), 'v0');
  const problems: string[] = [];
  let [loads, done, over] = [0, 0, false];
  const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  const browser = async (path: string) => {
    for (; !over; loads++) {
      problems.push(...(await loadPage(site, path)));
      // Leaves a core to the deployments.
      await pause(50);
    }
  };
  const tab = async (path: string) => {
    for (; !over; loads++) {
      const opened = done;
      const page = await site.get(path);
      while (!over && done === opened) await pause(10);
      problems.push(...(await loadAssets(site, path, page.body)).map((problem) => `a tab: ${problem}`));
    }
  };
  const visitors = [...pages.map(browser), ...pages.slice(0, 1).map(tab)];
  const ports = await labPorts(site);
  const until = Date.now() + deployments.milliseconds;
  try {
    for (let i = 1; i <= deployments.most && (Date.now() < until || i <= deployments.least); i++) {
      const config = labConfig(site, makeFolder(smallSite(`v${i}`)), `v${i}`);
      const { outcome, cause } = await deploySite(config, ports);
      if (outcome !== 'deployed') problems.push(`deployment ${i}: ${outcome}: ${cause?.message}`);
      done++;
    }
  } finally {
    over = true;
    await Promise.all(visitors);
    ports.close();
  }
  return { deployments: done, loads, problems };
}
