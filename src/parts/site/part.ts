import type { LivePart, Part, PartPlan, PreparedPart, Turn } from '../../release/part.ts';
import { LeftAsItIs } from '../../release/part.ts';
import { ActionError } from '../../runtime/errors.ts';
import type { SmokeOutcome } from '../../runtime/outcome.ts';
import { asActionError, gateFailed } from './deploy-result.ts';
import type { DeploySiteConfig, GateAnswer, PreparePorts } from './deploy-types.ts';
import { activate, stage } from './live/activate.ts';
import { ActivationError } from './live/activation.ts';
import { activationOf } from './live/go-live.ts';
import { rememberUnchanged } from './live/leave-as-it-is.ts';
import { formatBytes } from './live/progress.ts';
import { recoverSite } from './live/recover.ts';
import { undoOrThrow } from './live/restore.ts';
import type { Prepared } from './plan/plan-deployment.ts';
import { planLines } from './plan/plan-lines.ts';
import { lookAgain, prepare } from './plan/prepare.ts';
import { facesOf } from './site.ts';
import { adoptSite } from './store/adopt-first.ts';
import { collect, timeToCollect } from './store/collect.ts';
import { partFor, siteOccupant } from './store/recorder.ts';
import { readState } from './store/site-state.ts';
import type { Activated } from './types.ts';

export interface SitePartPorts extends PreparePorts {
  /** The part's own smoke checks, where there are any. */
  readonly gate: ((siteUrl: string | undefined) => Promise<GateAnswer>) | undefined;
  /** From now on, requests end with this signal. */
  useSignal(signal: AbortSignal): void;
  /** Lets go of connections. */
  close(): void;
}

/**
 * A site as a part of a deployment. The folder and the site are read; nothing is changed.
 * @throws ActionError for everything that can be wrong with the folder, the bucket or the distribution
 */
export async function prepareSitePart(config: DeploySiteConfig, ports: SitePartPorts): Promise<PreparedPart> {
  const prepared = await prepare(config, ports);
  return {
    name: config.part,
    kind: 'site',
    occupant: siteOccupant(config.place, prepared.front),
    plan: planOf(config, prepared),
    take: (turn) => take(config, ports, prepared, turn),
    close: () => ports.close(),
  };
}

/** Milliseconds: what an invalidation of CloudFront takes, about, and a file that is sent. */
const INVALIDATION = 15_000;
const FILE = 50;

function planOf(config: DeploySiteConfig, { plan, situation, change, front }: Prepared): PartPlan {
  // A distribution that nobody has told yet may hold pages of before.
  const changes = isChanged(situation, change) || facesOf(front).some(({ isNew }) => isNew);
  const work = 2000 + (plan.writes * FILE) / config.options.concurrency;
  return {
    changes,
    lines: changes ? planLines(plan) : [`all ${plan.files} files are live already`],
    estimate: changes ? Math.round(work) + (front.distribution ? INVALIDATION : 0) : 0,
    keptVariables: [],
    json: plan,
  };
}

/** A site that is not known yet, or that a run has left half-way, is activated in any case. */
function isChanged({ found, baseEntry }: Prepared['situation'], { diff }: Prepared['change']): boolean {
  const isOpen = (found?.state.activating.length ?? 0) > 0;
  return diff.writes.length > 0 || diff.deletes.length > 0 || isOpen || !baseEntry;
}

async function take(
  config: DeploySiteConfig,
  ports: SitePartPorts,
  first: Prepared,
  { signal }: Turn,
): Promise<Part> {
  ports.useSignal(signal);
  let prepared = await asItIsNow(config, ports, first);
  const left = prepared.situation.found?.state.activating.find(
    (entry) => entry !== prepared.situation.baseEntry,
  );
  for (const loss of prepared.plan.losses.slice(0, 5))
    ports.log.warning(`${loss} was set by somebody else and goes with the old bytes; \`headers\` keeps it`);
  const plan = planOf(config, prepared);
  const { baseEntry } = prepared.situation;
  const work = () => activationOf(config, prepared, () => {});
  return {
    name: config.part,
    kind: 'site',
    plan,
    wanted: {
      ...partFor(config, prepared),
      ...(!plan.changes && baseEntry ? { manifest: baseEntry.manifest } : {}),
      result: 'in-progress',
    },
    url: prepared.front.siteUrl,
    ...(prepared.plan.adopts
      ? {
          adopt: async () => {
            const { record, settle } = await adoptSite(config, ports, prepared);
            return {
              record,
              settle: async () => {
                prepared = await settle();
              },
            };
          },
        }
      : {}),
    stage: () => stage(ports, work()),
    activate: async () => live(config, ports, prepared, await activateOrUndo(config, ports, prepared)),
    prove: () => unchanged(config, ports, prepared),
    ...(left ? { putBack: () => putBack(config, ports, left.release) } : {}),
  };
}

/** Whoever held the lock before us may have changed the site: its state tells, by one request. */
async function asItIsNow(config: DeploySiteConfig, ports: SitePartPorts, first: Prepared): Promise<Prepared> {
  const now = await readState(ports.release, first.keys);
  if (now?.etag === first.situation.found?.etag) return first;
  ports.log.info('the site has changed since it was looked at: looking again');
  return lookAgain(config, ports, first);
}

/** @throws ActionError `rolled-back` where it was live and is put back; `rollback-failed` where neither is live */
async function activateOrUndo(
  config: DeploySiteConfig,
  ports: SitePartPorts,
  prepared: Prepared,
): Promise<{ activated: Activated; checks: SmokeOutcome | undefined }> {
  try {
    const activated = await activate(
      ports,
      activationOf(config, prepared, () => {}),
    );
    const gate = await ports.gate?.(prepared.front.siteUrl);
    if (gate?.outcome === 'failed') throw new ActivationError(gateFailed(gate), activated.undo);
    return { activated, checks: gate?.outcome as SmokeOutcome | undefined };
  } catch (error) {
    if (!(error instanceof ActivationError)) throw error;
    const cause = asActionError(error.cause, ports);
    if (!config.rollbackOnFailure) throw new LeftAsItIs('failed', cause.problem);
    await undoOrThrow(ports, error, `the ${config.part} could neither be deployed nor put back`);
    throw new ActionError('rolled-back', cause.problem);
  }
}

function live(
  config: DeploySiteConfig,
  ports: SitePartPorts,
  prepared: Prepared,
  { activated, checks }: Awaited<ReturnType<typeof activateOrUndo>>,
): LivePart {
  const { report } = activated;
  const written = report.uploaded + report.copied;
  const { plan, change } = prepared;
  return {
    url: report.siteUrl,
    checks,
    fields: {
      manifest: report.manifestKey,
      uploaded: written,
      deleted: change.diff.deletes.length,
      ...(report.siteUrl ? { siteUrl: report.siteUrl } : {}),
      ...(report.invalidationIds.length > 0 ? { invalidationId: report.invalidationIds.join(',') } : {}),
    },
    report: {
      facts: [
        `${written} of ${plan.files} files written (${formatBytes(plan.writeBytes)})`,
        ...(plan.deletes > 0 ? [`${plan.deletes} removed`] : []),
        ...(report.verifiedPages > 0 ? [`${report.verifiedPages} files read back`] : []),
      ],
      details: '',
    },
    finish: async () => {
      const { state } = await activated.finish();
      if (state && timeToCollect(state.state, config.keepReleases))
        await collect(ports, prepared.keys, state);
    },
    undo: () => activated.undo(),
  };
}

/** Nothing differs: the release has the manifest that is live, and no live object is touched. */
async function unchanged(
  config: DeploySiteConfig,
  ports: SitePartPorts,
  prepared: Prepared,
): Promise<LivePart> {
  const gate = await ports.gate?.(prepared.front.siteUrl);
  if (gate?.outcome === 'failed') throw gateFailed(gate);
  return {
    url: prepared.front.siteUrl,
    checks: gate?.outcome as SmokeOutcome | undefined,
    fields: {},
    finish: () => rememberUnchanged(config, ports, prepared),
    undo: async () => {},
  };
}

/** What a run that died has left, where this release does not come to live either. */
async function putBack(config: DeploySiteConfig, ports: SitePartPorts, release: string): Promise<void> {
  const { place, options, keepReleases, maxInvalidationPaths, scan } = config;
  const recovery = { place, releaseId: release, options, keepReleases, maxInvalidationPaths };
  await recoverSite({ ...recovery, excluded: scan.excluded }, ports, ports);
}
