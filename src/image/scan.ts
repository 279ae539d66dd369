/**
 * `imageScanStatus.status` of DescribeImageScanFindings.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageScanStatus.html
 */
export interface ScanReport {
  readonly status: string;
  readonly description: string;
  /** Findings by severity, as ECR counts them: CRITICAL, HIGH, MEDIUM, LOW, INFORMATIONAL, UNDEFINED. */
  readonly counts: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
}

export interface Finding {
  readonly severity: string;
  /** CVE number. */
  readonly name: string;
  readonly package: string;
  readonly uri: string;
}

export type ScanGate = 'off' | 'critical' | 'high';

export type ScanVerdict =
  | { readonly verdict: 'wait' }
  | { readonly verdict: 'passed' }
  /** The gate's question was answered: there is something. */
  | { readonly verdict: 'failed'; readonly found: number; readonly severities: readonly string[] }
  /** The gate's question cannot be answered, and so it stays shut. */
  | { readonly verdict: 'unanswered'; readonly why: string };

const SEVERITIES: Record<ScanGate, readonly string[]> = {
  off: [],
  critical: ['CRITICAL'],
  high: ['CRITICAL', 'HIGH'],
};

/** `ACTIVE` is the enhanced scan's word for a scan that is done and goes on watching. */
const DONE = new Set(['COMPLETE', 'ACTIVE']);
const UNDER_WAY = new Set(['IN_PROGRESS', 'PENDING']);

/** What a scan means for the gate. */
export function judgeScan(report: ScanReport, gate: ScanGate): ScanVerdict {
  if (gate === 'off') return { verdict: 'passed' };
  if (UNDER_WAY.has(report.status)) return { verdict: 'wait' };
  if (!DONE.has(report.status))
    return {
      verdict: 'unanswered',
      why: `${report.status}${report.description ? `: ${report.description}` : ''}`,
    };
  const severities = SEVERITIES[gate];
  const found = severities.reduce((sum, severity) => sum + (report.counts[severity] ?? 0), 0);
  return found === 0 ? { verdict: 'passed' } : { verdict: 'failed', found, severities };
}

/** The findings that count for a person, worst first, at most `limit`. */
export function worstFindings(report: ScanReport, limit = 20): Finding[] {
  const rank = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFORMATIONAL', 'UNDEFINED'];
  const order = (finding: Finding) => (rank.indexOf(finding.severity) + rank.length + 1) % (rank.length + 1);
  return [...report.findings]
    .sort((a, b) => order(a) - order(b) || a.name.localeCompare(b.name))
    .slice(0, limit);
}
