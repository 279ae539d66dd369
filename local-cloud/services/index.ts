import type { ServiceFactory } from '../core/service.ts';
import { appRunnerService } from './apprunner/index.ts';
import { autoScalingService } from './autoscaling/index.ts';
import { cloudfrontService } from './cloudfront/index.ts';
import { cloudWatchService } from './cloudwatch/index.ts';
import { ecrService } from './ecr/index.ts';
import { ecsService } from './ecs/index.ts';
import { loadBalancingService } from './elbv2/index.ts';
import { logsService } from './logs/index.ts';
import { registryService } from './registry/index.ts';
import { s3Service } from './s3/index.ts';
import { secretsManagerService } from './secretsmanager/index.ts';
import { parameterService } from './ssm/index.ts';
import { stsService } from './sts/index.ts';

/** Every service, one line each. A service finds the others through `context.service(name)`, after all are made. */
export const services: readonly ServiceFactory[] = [
  s3Service,
  cloudfrontService,
  ecrService,
  registryService,
  secretsManagerService,
  parameterService,
  appRunnerService,
  ecsService,
  loadBalancingService,
  autoScalingService,
  cloudWatchService,
  logsService,
  stsService,
];
