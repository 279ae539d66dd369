import type { AwsSettings } from './config.ts';
import { jsonClient } from './json-client.ts';
import { SERVICES } from './services.ts';

/** What is known of a parameter of the SSM Parameter Store without its value, which is never asked for. */
export interface ParametersApi {
  /** Number of its newest version; `undefined` where there is no such parameter. */
  version(nameOrArn: string): Promise<string | undefined>;
}

interface Answer {
  readonly Parameters?: ReadonlyArray<{ readonly Version?: number }>;
}

/** Input of DescribeParameters for one parameter, by its name or its ARN. */
export function parameterQuery(nameOrArn: string) {
  const path = /:parameter(\/.+)$/.exec(nameOrArn)?.[1];
  // A name without a hierarchy is stored without the slash that its ARN has.
  const names = path === undefined ? [nameOrArn] : [path, path.slice(1)];
  return { ParameterFilters: [{ Key: 'Name', Option: 'Equals', Values: names }] };
}

export function parametersApi(settings: AwsSettings): ParametersApi {
  const call = jsonClient(SERVICES.parameters, settings);
  return {
    async version(nameOrArn) {
      const { Parameters = [] } = await call<Answer>('DescribeParameters', parameterQuery(nameOrArn));
      const found = Parameters[0];
      return found && String(found.Version ?? 1);
    },
  };
}
