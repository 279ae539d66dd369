import { refused } from '../../../runtime/errors.ts';
import type { TargetKind } from './spec.ts';

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

type Range = readonly [min: number, max: number, step: number];

/** Memory in GB by vCPU: https://docs.aws.amazon.com/apprunner/latest/dg/architecture.html#architecture.vcpu-memory */
const APP_RUNNER: Readonly<Record<string, readonly number[]>> = {
  '256': [0.5, 1],
  '512': [1],
  '1024': [2, 3, 4],
  '2048': [4, 6],
  '4096': [8, 10, 12],
};
/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size */
const FARGATE: Readonly<Record<string, Range>> = {
  '256': [0.5, 2, 0.5],
  '512': [1, 4, 1],
  '1024': [2, 8, 1],
  '2048': [4, 16, 1],
  '4096': [8, 30, 1],
  '8192': [16, 60, 4],
  '16384': [32, 120, 8],
};

/** Memory sizes in MiB that go with a CPU size; `undefined` where there is no such CPU size. */
export function memoriesFor(target: TargetKind, cpu: string): number[] | undefined {
  if (target === 'apprunner') return APP_RUNNER[cpu]?.map((gb) => gb * 1024);
  const range = FARGATE[cpu];
  if (!range) return undefined;
  const [min, max, step] = range;
  // Fargate's smallest size goes 0.5, 1, 2 GB.
  const all = Array.from({ length: (max - min) / step + 1 }, (_, i) => min + i * step);
  return all.filter((gb) => gb !== 1.5).map((gb) => gb * 1024);
}

/** @throws ActionError `refused` for a pair of sizes that the target does not have. */
export function refuseSizes(target: TargetKind, cpu: string | undefined, memory: string | undefined): void {
  if (cpu === undefined || memory === undefined || !/^\d+$/.test(cpu + memory)) return;
  const fitting = memoriesFor(target, cpu);
  if (fitting?.includes(Number(memory))) return;
  const cpus = Object.keys(target === 'apprunner' ? APP_RUNNER : FARGATE);
  throw refused({
    input: fitting ? 'memory' : 'cpu',
    what: `${target} has no size of ${cpu} CPU units with ${memory} MiB`,
    fix: fitting
      ? `with ${cpu} units, memory is one of ${fitting.join(', ')} MiB`
      : `CPU is one of ${cpus.join(', ')} units`,
  });
}
