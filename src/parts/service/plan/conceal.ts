import type { Log } from '../../../runtime/log.ts';
import type { BackendState } from '../targets/target.ts';

/** Values of variables are shown nowhere, not by AWS's own words either; the service's names and addresses are. */
export function concealVariables(
  variables: readonly Readonly<Record<string, string>>[],
  { arn, name, url, spec }: Pick<BackendState, 'arn' | 'name' | 'url' | 'spec'>,
  log: Log,
): void {
  log.conceal(
    variables.flatMap((one) => Object.values(one)),
    [arn, name, url, spec.image],
  );
}
