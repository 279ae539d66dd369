import { formatBytes } from '../live/progress.ts';
import type { SitePlan } from './plan.ts';

/** Paths shown of each kind: a log is read by a person, and the output `plan` has them all. */
const SHOWN = 20;

/** A plan for a log: what would be sent, removed and invalidated, and what it costs. Pure. */
export function planLines(plan: SitePlan): string[] {
  const list = (sign: string, paths: readonly string[], total: number) => [
    ...paths.slice(0, SHOWN).map((path) => `  ${sign} ${path}`),
    ...(total > SHOWN ? [`  ${sign} … ${total - SHOWN} more`] : []),
  ];
  return [
    `${plan.writes} of ${plan.files} files would be written (${formatBytes(plan.writeBytes)}), ${plan.unchanged} stay`,
    ...list('+', plan.samples.writes, plan.writes),
    ...(plan.deletes > 0 ? [`${plan.deletes} files would be removed`] : []),
    ...list('-', plan.samples.deletes, plan.deletes),
    ...(plan.invalidate.length > 0 ? [`${plan.invalidate.length} paths would be invalidated`] : []),
    ...list('~', plan.invalidate, plan.invalidate.length),
    ...(plan.losses.length > 0
      ? [`${plan.losses.length} live files would lose headers with their bytes (set them in \`headers\`)`]
      : []),
    ...list('!', plan.losses, plan.losses.length),
    ...(plan.adopts
      ? [
          'encoding, disposition, language and metadata of live objects stay where their bytes do; they are read when the bucket is adopted',
        ]
      : []),
    `about ${plan.requests.expected} requests, $${plan.requests.dollars.toFixed(4)}`,
  ];
}
