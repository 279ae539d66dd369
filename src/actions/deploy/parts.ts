import { setMaxListeners } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { siteClients } from '../../aws/site-clients.ts';
import { awsClients, isServiceGone, prepareServicePart, type Undo } from '../../parts/service/index.ts';
import { carry, prepareSitePart, type SitePartPorts } from '../../parts/site/index.ts';
import { provedInstead } from '../../release/abandoned.ts';
import type { Ledger } from '../../release/ledger.ts';
import type { Occupant } from '../../release/occupant.ts';
import type { Unprepared } from '../../release/prepare-all.ts';
import { liveRelease, siteOf } from '../../release/record.ts';
import type { Job } from '../../runtime/action.ts';
import type { Log } from '../../runtime/log.ts';
import { readInputs as readBackend } from '../deploy-backend/inputs.ts';
import { isSiteGone } from '../deploy-frontend/gone.ts';
import { readInputs as readFrontend } from '../deploy-frontend/inputs.ts';
import { recordedSecrets } from '../recorded-secrets.ts';
import { type SmokeGate, smokeGate } from '../smoke-gate.ts';
import { readVerifyHeaders } from '../verify-headers.ts';
import type { DeployConfig, PartInputs } from './inputs.ts';
import type { action } from './interface.ts';
import { partLog } from './part-log.ts';

type DeployJob = Job<typeof action>;

/** What the parts of a release are made with. */
export interface PartEdges {
  readonly config: DeployConfig;
  readonly job: DeployJob;
  readonly ledger: Ledger;
  readonly releaseId: string;
  onUndo(name: string, undo: Undo): void;
}

/** A part with what the guard of its name has to know. */
export interface DeployPart extends Unprepared {
  readonly replace: boolean;
  readonly log: Log;
  /** Whether a service or site is there no more. Never throws. */
  isGone(before: Occupant, wanted: Occupant): Promise<boolean>;
}

/** @throws ActionError `refused` for a wrong setting or a mistake in a checks file: nothing has been asked yet */
export const makePart = (part: PartInputs, edges: PartEdges): Promise<DeployPart> =>
  part.kind === 'service' ? makeService(part, edges) : makeSite(part, edges);

type ServiceInputs = Extract<PartInputs, { kind: 'service' }>;
type SiteInputs = Extract<PartInputs, { kind: 'site' }>;

async function makeService({ name, inputs }: ServiceInputs, edges: PartEdges): Promise<DeployPart> {
  const { job, ledger, config } = edges;
  const own = readBackend(inputs, (path) => {
    const full = resolve(job.run.workspace, path);
    return existsSync(full) ? readFileSync(full, 'utf8') : undefined;
  });
  const log = logOf(name, edges);
  const gate = await gateOf(own.smokeChecks, edges, log);
  const aws = awsClients();
  return {
    name,
    log,
    replace: isReplaced(name, edges),
    isGone: async (before) => 'service' in before && (await isServiceGone(before.service, { aws, log })),
    prepare: () =>
      prepareServicePart(
        name,
        { ...own.backend, dryRun: config.dryRun },
        {
          aws,
          log,
          clock: job.clock,
          signal: job.signal,
          gate,
          recordedSecrets: (service) => recordedSecrets(ledger, name, service, log),
          provedInstead: (service, image) => provedInstead(ledger, name, { service, image }),
          onUndo: (undo) => edges.onUndo(name, undo),
        },
      ),
  };
}

async function makeSite({ name, inputs }: SiteInputs, edges: PartEdges): Promise<DeployPart> {
  const { job, releaseId } = edges;
  const own = readFrontend(inputs, job.run.workspace);
  const log = logOf(name, edges);
  const gate = await gateOf(own.smokeChecks, edges, log);
  const headers = inputs.lines('verify-headers');
  const verifyHeaders = readVerifyHeaders(headers, (value) => job.log.mask(value));
  return {
    name,
    log,
    replace: isReplaced(name, edges),
    isGone: (before, wanted) =>
      'service' in wanted ? Promise.resolve(false) : isSiteGone(before, wanted, { ...job, log }),
    prepare: async () => {
      const ports = await openSite(own, edges, { log, gate, verifyHeaders });
      try {
        return await prepareSitePart({ ...own.site, releaseId }, ports);
      } catch (error) {
        ports.close();
        throw error;
      }
    },
  };
}

async function openSite(
  { site, distributions }: ReturnType<typeof readFrontend>,
  { config, job, ledger }: PartEdges,
  also: Pick<SitePartPorts, 'log' | 'gate' | 'verifyHeaders'>,
): Promise<SitePartPorts> {
  const { clock } = job;
  let { signal } = job;
  const listen = (next: AbortSignal) => {
    // Every request under way listens to it.
    setMaxListeners(0, next);
    signal = next;
  };
  listen(signal);
  const clients = await siteClients({
    bucket: site.place.bucket,
    releaseBucket: config.releaseBucket,
    distributions,
    connections: site.options.concurrency,
    clock,
    signal: () => signal,
  });
  carry(clients, site.writes);
  const { live, release, cdns, usage } = clients;
  return {
    ...also,
    live,
    release,
    cdns,
    usage,
    clock,
    get signal() {
      return signal;
    },
    useSignal: listen,
    pointerManifest: async () => {
      const id = liveRelease(await ledger.current(), site.part);
      return id ? siteOf(await ledger.record(id), site.part)?.manifest : undefined;
    },
    close: () => clients.close(),
  };
}

const isReplaced = (name: string, { job }: PartEdges) => job.inputs.lines('replace-part').includes(name);

const logOf = (name: string, { config, job }: PartEdges): Log =>
  config.parts.length > 1 ? partLog(job.log, name) : job.log;

const gateOf = (path: string, { job }: PartEdges, log: Log): Promise<SmokeGate | undefined> =>
  smokeGate(path, { ...job, log }, { secrets: job.inputs.lines('check-secrets') });
