import { refused } from '../runtime/errors.ts';

/**
 * CPU units of `1024`, `1 vCPU`, `0.25 vCPU`, `.5 vCPU`: AWS takes both forms and answers with one.
 * @throws ActionError `refused`.
 */
export function normalCpu(text: string): string | undefined {
  if (text === '') return undefined;
  const vcpu = /^(\d*\.?\d+)\s*vCPU$/i.exec(text)?.[1];
  const units = vcpu === undefined ? Number(text) : Number(vcpu) * 1024;
  if (Number.isInteger(units) && units >= 256 && units <= 16_384) return String(units);
  throw refused({
    input: 'cpu',
    what: 'is not a size from 0.25 to 16 vCPU',
    found: JSON.stringify(text),
    fix: 'write CPU units or vCPU: 1024, or 1 vCPU',
  });
}

/** MiB of `2048`, `2 GB`, `0.5 GB`. @throws ActionError `refused`. */
export function normalMemory(text: string): string | undefined {
  if (text === '') return undefined;
  const gb = /^(\d*\.?\d+)\s*GB$/i.exec(text)?.[1];
  const mib = gb === undefined ? Number(text) : Number(gb) * 1024;
  if (Number.isInteger(mib) && mib >= 512 && mib <= 122_880) return String(mib);
  throw refused({
    input: 'memory',
    what: 'is not a size from 0.5 to 120 GB',
    found: JSON.stringify(text),
    fix: 'write MiB or GB: 2048, or 2 GB',
  });
}
