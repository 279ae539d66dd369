import { join } from 'node:path';
import type { CloudContext } from '../core/service.ts';
import type { EcrService } from '../services/ecr/index.ts';
import type { Platform } from '../services/registry/manifest.ts';
import { EngineLauncher, findEngine } from './engine.ts';
import type { FrontDoor } from './front-door.ts';
import type { Instance, Launcher, LaunchSpec } from './instance.ts';
import { ProcessLauncher } from './process.ts';
import { PullError, type PulledImage, pullImage } from './pull.ts';
import { RootFilesystems } from './rootfs.ts';

/** Pulls and runs images for the services that do: App Runner and ECS share one. */
export interface Runner {
  /** @throws PullError */
  pull(reference: string, region: string, platform: Platform): Promise<PulledImage>;
  launch(spec: Omit<LaunchSpec, 'images'>): Promise<Instance>;
  /** Stops every instance that it started and that still runs. */
  close(): Promise<void>;
}

const runners = new WeakMap<CloudContext, Runner>();

/** The one runner of a cloud. */
export function runnerOf(context: CloudContext): Runner {
  let runner = runners.get(context);
  if (!runner) {
    runner = createRunner(context);
    runners.set(context, runner);
  }
  return runner;
}

/** Milliseconds that a process gets to end by itself when the cloud stops. */
const LAST_GRACE = 1_500;

function createRunner(context: CloudContext): Runner {
  const images = () => context.service<EcrService>('ecr').images;
  const running = new Set<Instance>();
  let launcher: Promise<Launcher> | undefined;
  const choose = async (): Promise<Launcher> => {
    const processes = new ProcessLauncher(new RootFilesystems(join(context.dataDir, 'run')));
    const engine = context.engine ? await findEngine() : undefined;
    context.log(engine ? `images run in ${engine}` : 'images run as processes from their unpacked layers');
    return engine ? new EngineLauncher(engine, processes, context.log) : processes;
  };
  return {
    async pull(reference, region, platform) {
      // The fault `missing-image`: what was pushed is not there when it is pulled.
      const missing = context.fault('ecr', 'missing-image', reference);
      if (missing) throw new PullError('absent', `${reference}: not found`);
      return pullImage(images(), reference, region, platform);
    },
    async launch(spec) {
      launcher ??= choose();
      const instance = await (await launcher).launch({ ...spec, images: images() });
      running.add(instance);
      instance.exited.then(() => running.delete(instance));
      return instance;
    },
    async close() {
      await Promise.all([...running].map((instance) => instance.stop(LAST_GRACE)));
    },
  };
}

/** How long AWS lets requests end, and a container stop, in milliseconds of real time. */
export interface Patience {
  readonly drain: number;
  readonly stop: number;
}

/** Not below a few real seconds: what runs is real, however fast the cloud's clock is. */
export function patience(speed: number, drainSeconds: number, stopSeconds: number): Patience {
  return {
    drain: Math.max(5_000, (drainSeconds * 1000) / speed),
    stop: Math.max(5_000, (stopSeconds * 1000) / speed),
  };
}

/** Takes an instance away: no new requests (the door was told), the last ones end, then it stops. */
export async function retire(door: FrontDoor | undefined, instance: Instance, wait: Patience): Promise<void> {
  await door?.drained(instance.id, wait.drain);
  await instance.stop(wait.stop);
}
