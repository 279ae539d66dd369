import { describe, expect, it } from 'vitest';
import { judgeScan, type ScanGate, type ScanReport, worstFindings } from '../../../src/image/scan.ts';

const report = (status: string, counts: Record<string, number> = {}): ScanReport => ({
  status,
  description: '',
  counts,
  findings: [],
});

describe('what a scan means for the gate', () => {
  const rows: Array<[string, Record<string, number>, ScanGate, string]> = [
    // Every status of ImageScanStatus.
    ['IN_PROGRESS', {}, 'high', 'wait'],
    ['PENDING', {}, 'high', 'wait'],
    ['COMPLETE', {}, 'high', 'passed'],
    ['ACTIVE', {}, 'high', 'passed'],
    ['FAILED', {}, 'high', 'unanswered'],
    ['UNSUPPORTED_IMAGE', {}, 'critical', 'unanswered'],
    ['SCAN_ELIGIBILITY_EXPIRED', {}, 'high', 'unanswered'],
    ['FINDINGS_UNAVAILABLE', {}, 'high', 'unanswered'],
    ['LIMIT_EXCEEDED', {}, 'high', 'unanswered'],
    ['IMAGE_ARCHIVED', {}, 'high', 'unanswered'],
    ['A_NEW_ONE', {}, 'high', 'unanswered'],
    ['', {}, 'high', 'unanswered'],
    // What was found.
    ['COMPLETE', { HIGH: 1 }, 'high', 'failed'],
    ['COMPLETE', { CRITICAL: 1 }, 'high', 'failed'],
    ['COMPLETE', { CRITICAL: 1 }, 'critical', 'failed'],
    ['ACTIVE', { CRITICAL: 2 }, 'critical', 'failed'],
    ['COMPLETE', { HIGH: 9 }, 'critical', 'passed'],
    ['COMPLETE', { MEDIUM: 9, LOW: 9, INFORMATIONAL: 1, UNDEFINED: 1 }, 'high', 'passed'],
    ['COMPLETE', { CRITICAL: 9 }, 'off', 'passed'],
    ['FAILED', {}, 'off', 'passed'],
  ];
  it.each(rows)('%s with %j at gate %s: %s', (status, counts, gate, verdict) => {
    expect(judgeScan(report(status, counts), gate).verdict).toBe(verdict);
  });
});

it('shows the worst first, and unknown severities last', () => {
  const finding = (severity: string, name: string) => ({ severity, name, package: '', uri: '' });
  const findings = ['UNTRIAGED', 'LOW', 'CRITICAL', 'HIGH', 'UNDEFINED'].map((s) => finding(s, s));
  const names = worstFindings({ ...report('COMPLETE'), findings }, 4).map((f) => f.name);
  expect(names).toEqual(['CRITICAL', 'HIGH', 'LOW', 'UNDEFINED']);
});
