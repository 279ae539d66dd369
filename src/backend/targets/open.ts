import { refused } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { BackendAws } from '../config.ts';
import type { ServiceRef } from '../service-ref.ts';
import { appRunnerTarget } from './apprunner.ts';
import type { Target } from './target.ts';

export interface TargetWish {
  readonly ref: ServiceRef;
  /** ECS: the container that gets the image; '' where there is only one to choose. */
  readonly container: string;
  /** True where scaling numbers are given, so that the present ones have to be read. */
  readonly scales: boolean;
}

/** The target that runs the service. @throws ActionError `refused` where there is no such service. */
export async function openTarget(wish: TargetWish, aws: BackendAws, log: Log): Promise<Target> {
  const { ref, scales } = wish;
  if (ref.target === 'apprunner') {
    const [api, logs] = [aws.appRunner(ref.region), aws.logs(ref.region)];
    return appRunnerTarget(ref, { api, logs, log, scales });
  }
  throw refused({ input: 'target', what: `${ref.target} is not one of the targets`, fix: 'use apprunner' });
}
