import { recordedDistributions, type SitePart } from '../../../release/record.ts';
import type { ActionError } from '../../../runtime/errors.ts';
import type { Outcome } from '../../../runtime/outcome.ts';
import type { DeploySiteConfig, DeploySitePorts, GateAnswer } from '../deploy-types.ts';
import type { Prepared } from '../plan/plan-deployment.ts';
import { type Front, facesOf } from '../site.ts';
import type { ActivationReport, SitePlace } from '../types.ts';
import { totalBytes } from './manifest.ts';

/** Which site it is, and by which distributions visitors reach it. */
export const siteOccupant = ({ bucket, prefix }: SitePlace, front: Front) => ({
  bucket,
  prefix,
  ...recordedDistributions(facesOf(front).flatMap(({ distribution }) => distribution ?? [])),
});

/** What is known of the part before anything is changed. */
export function partFor(config: DeploySiteConfig, prepared: Prepared): Omit<SitePart, 'result'> {
  const { target } = prepared.change;
  return {
    kind: 'site',
    ...siteOccupant(config.place, prepared.front),
    ...(prepared.front.siteUrl ? { siteUrl: prepared.front.siteUrl } : {}),
    manifest: prepared.keys.manifest(config.releaseId),
    files: target.files.length,
    bytes: totalBytes(target.files),
    startedAt: target.createdAt,
  };
}

/** Writes how this part of the release ended. */
export class Recorder {
  readonly #config: DeploySiteConfig;
  readonly #ports: DeploySitePorts;
  readonly #prepared: Prepared;

  constructor(config: DeploySiteConfig, ports: DeploySitePorts, prepared: Prepared) {
    this.#config = config;
    this.#ports = ports;
    this.#prepared = prepared;
  }

  async end(
    result: Outcome,
    about: {
      report?: ActivationReport;
      manifestKey?: string;
      cause?: ActionError;
      gate?: GateAnswer | undefined;
    },
  ): Promise<void> {
    const { report, cause, gate } = about;
    const { ledger, clock } = this.#ports;
    const part: SitePart = {
      ...partFor(this.#config, this.#prepared),
      ...(about.manifestKey ? { manifest: about.manifestKey } : {}),
      ...(report ? { uploaded: report.uploaded + report.copied } : {}),
      ...(report ? { deleted: this.#prepared.change.diff.deletes.length } : {}),
      ...(report?.invalidationIds.length ? { invalidationId: report.invalidationIds.join(',') } : {}),
      ...(cause ? { cause: cause.problem.what } : {}),
      result,
      finishedAt: new Date(clock.now()).toISOString(),
    };
    await ledger.writePart(
      this.#config.releaseId,
      this.#config.part,
      part,
      gate ? { checks: gate.outcome } : {},
    );
  }
}
