const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Milliseconds of a duration such as `500ms`, `90s`, `20m`, `1h30m`, `14d`; `undefined` if the text is not one.
 * Units stand from large to small, each at most once; a bare number is refused, for nobody knows what it means.
 */
export function parseDuration(text: string): number | undefined {
  const match = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?$/.exec(text.trim());
  if (!match || text.trim() === '') return undefined;
  const [, d, h, m, s, ms] = match;
  return [d, h, m, s, ms].reduce((sum, part, i) => {
    const unit = ['d', 'h', 'm', 's', 'ms'][i] ?? 'ms';
    return sum + Number(part ?? 0) * (UNITS[unit] ?? 0);
  }, 0);
}

/** A duration as a person says it: `340ms`, `4.2s`, `1m05s`, `2h10m`, `3d4h`. Input in milliseconds, ≥ 0. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)}s`;
  const seconds = Math.round(ms / 1000);
  const [d, h, m, s] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
    seconds % 60,
  ];
  if (d > 0) return `${d}d${h}h`;
  if (h > 0) return `${h}h${String(m).padStart(2, '0')}m`;
  return `${m}m${String(s).padStart(2, '0')}s`;
}
