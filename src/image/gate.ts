import { type ActionError, failed } from '../runtime/errors.ts';
import { poll } from '../runtime/poll.ts';
import type { ImagePorts, ImageRepository } from './ports.ts';
import { judgeScan, type ScanGate, type ScanReport, worstFindings } from './scan.ts';

export interface ScanResult {
  readonly report: ScanReport;
  /** Why the gate stays shut. */
  readonly problem: ActionError | undefined;
}

/**
 * Waits for the scan of an image and judges it. A gate that cannot be answered stays shut: an unscanned image is not
 * a clean one.
 * @throws ActionError `timed-out` when the scan is not done in time.
 */
export async function passScanGate(
  repository: ImageRepository,
  digest: string,
  gate: Exclude<ScanGate, 'off'>,
  timeout: number,
  ports: Pick<ImagePorts, 'clock' | 'log' | 'signal'>,
): Promise<ScanResult> {
  if (!repository.scan)
    return unanswered(
      { status: 'NONE', description: '', counts: {}, findings: [] },
      'this registry has no scans',
    );
  const scan = repository.scan.bind(repository);
  return poll(
    {
      what: `ECR's scan of ${digest}`,
      every: 5_000,
      timeout,
      clock: ports.clock,
      signal: ports.signal,
      fix: 'raise `scan-timeout`, or look at the scan in the ECR console; the image is pushed, but nothing deploys it',
    },
    async () => {
      const report = await scan(digest);
      ports.log.progress(`scan: ${report.status} ${report.description}`);
      const judged = judgeScan(report, gate);
      if (judged.verdict === 'wait') return undefined;
      if (judged.verdict === 'passed') return { report, problem: undefined };
      if (judged.verdict === 'unanswered') return unanswered(report, judged.why);
      const worst = worstFindings(report, 10).filter((f) => judged.severities.includes(f.severity));
      const problem = failed({
        input: 'scan-gate',
        what: `${judged.found} finding${judged.found === 1 ? '' : 's'} of severity ${judged.severities.join(' or ')} in ${digest}`,
        details: worst.map((f) => `${f.severity}: ${f.name} in ${f.package || '?'} ${f.uri}`.trim()),
        fix: 'update the base image and the packages named here; the image stays in the registry, and nothing deploys it',
      });
      return { report, problem };
    },
  );
}

function unanswered(report: ScanReport, why: string): ScanResult {
  const problem = failed({
    input: 'scan-gate',
    what: 'the scan cannot say whether the image is clean',
    found: why,
    fix: 'turn on scan-on-push or enhanced scanning for the repository; an image from scratch has nothing that ECR can scan: use `scan-gate: off` for it',
  });
  return { report, problem };
}
