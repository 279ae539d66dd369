import { spawnSync } from 'node:child_process';

/** True where a program of this name can be started. */
export function hasTool(name: string): boolean {
  const found = spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
  return found;
}

/** Says once why a suite is passed over, so that a skipped test is never mistaken for a passed one. */
export function missingTools(suite: string, names: readonly string[]): boolean {
  const missing = names.filter((name) => !hasTool(name));
  if (missing.length > 0) console.log(`skipped: ${suite} needs ${missing.join(' and ')}, not installed here`);
  return missing.length > 0;
}
