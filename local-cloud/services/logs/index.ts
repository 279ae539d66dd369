import { rpcService } from '../../core/rpc.ts';
import type { CloudContext, Service } from '../../core/service.ts';
import type { Inputs } from '../shapes/inputs/logs.ts';
import { model } from '../shapes/logs.ts';
import { modelled } from '../shapes/modelled.ts';
import { eventOperations, streamOperations } from './events.ts';
import { groupOperations } from './groups.ts';
import { LogStore } from './store.ts';

/** CloudWatch Logs. Other services write their own lines into it. */
export interface LogsService extends Service {
  /** Writes a line of an AWS service or an app; group and stream are made where they are missing. */
  write(region: string, group: string, stream: string, message: string): void;
  /** True where the group is there: ECS does not make it unless it is told to. */
  hasGroup(region: string, group: string): boolean;
}

export function logsService(context: CloudContext): LogsService {
  const store = new LogStore();
  const logs = { context, store };
  const rpc = rpcService({
    name: 'logs',
    target: 'Logs_20140328',
    jsonVersion: '1.1',
    invalidCode: 'InvalidParameterException',
    untold: ['logGroupIdentifier'],
    operations: modelled<Inputs>(
      model,
      { invalid: 'InvalidParameterException', tooMany: 'TooManyTagsException' },
      {
        ...groupOperations(logs),
        ...streamOperations(logs),
        ...eventOperations(logs),
      },
    ),
  });
  return {
    ...rpc,
    write(region, group, stream, message) {
      store.write(region, group, stream, message, context.now());
      context.changed('logs');
    },
    hasGroup: (region, group) => store.group(region, group) !== undefined,
    save: () => store.save(),
    load: (state) => store.load(state),
  };
}
