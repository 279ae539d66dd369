import { alarmsApi } from '../../../aws/alarms.ts';
import { appRunnerApi } from '../../../aws/apprunner.ts';
import { autoScalingApi } from '../../../aws/autoscaling.ts';
import { credentialsEnd } from '../../../aws/credentials.ts';
import { ecrApi } from '../../../aws/ecr.ts';
import { ecsApi } from '../../../aws/ecs.ts';
import { loadBalancersApi } from '../../../aws/load-balancers.ts';
import { logsApi } from '../../../aws/logs.ts';
import { parametersApi } from '../../../aws/parameters.ts';
import { secretsApi } from '../../../aws/secrets.ts';
import type { BackendAws } from '../plan/config.ts';

/** The real AWS, or whatever AWS_ENDPOINT_URL names. A client is made when it is first asked for. */
export function awsClients(): BackendAws {
  return {
    appRunner: (region) => appRunnerApi({ region }),
    ecs: (region) => ecsApi({ region }),
    autoScaling: (region) => autoScalingApi({ region }),
    ecr: (region, account) => ecrApi({ region }, account),
    secrets: (region) => secretsApi({ region }),
    parameters: (region) => parametersApi({ region }),
    loadBalancers: (region) => loadBalancersApi({ region }),
    logs: (region) => logsApi({ region }),
    alarms: (region) => alarmsApi({ region }),
    credentialsEnd,
  };
}
