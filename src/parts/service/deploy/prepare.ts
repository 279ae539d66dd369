import { formatDuration } from '../../../runtime/duration.ts';
import { refused } from '../../../runtime/errors.ts';
import type { Log } from '../../../runtime/log.ts';
import type { CandidateAddress } from '../candidate/address.ts';
import { gateHook, refuseGate } from '../candidate/hooks.ts';
import { stateToChange } from '../plan/base.ts';
import { concealVariables } from '../plan/conceal.ts';
import type { BackendConfig, BackendPorts } from '../plan/config.ts';
import { type ResolvedImage, resolveImage } from '../plan/image.ts';
import { refuseReserved } from '../plan/reserved.ts';
import { resolveSecrets } from '../plan/secrets.ts';
import { applyChange, type BackendSpec, keepForeignPolicy, type SpecChange } from '../plan/spec.ts';
import { startCommandOf } from '../plan/start-command.ts';
import { hasCircuitBreaker } from '../plan/strategy.ts';
import { chooseContainers, containerNames } from '../targets/container-choice.ts';
import { openTarget } from '../targets/open.ts';
import type { BackendState, Target } from '../targets/target.ts';
import { readAlarms } from '../verdict/gates.ts';
import { commandWords } from '../verdict/words.ts';
import { foreignDefinition } from './migrate.ts';
import { readVersions } from './rotation.ts';

/** A deployment of which everything has been checked that can be, before the lock is asked for. */
export interface Prepared {
  readonly target: Target;
  readonly image: ResolvedImage;
  readonly change: SpecChange;
  /** The words that the migration runs, where there is one. */
  readonly migration?: readonly string[] | undefined;
  /** As the service stood then; the snapshot is taken later, under the lock. */
  readonly state: BackendState;
  /** What the change is applied to: what runs, or the newest revision's. */
  readonly spec: BackendSpec;
  readonly secretVersions: Readonly<Record<string, string>>;
  /** Where the candidate is asked, with `gate`. */
  readonly candidate?: CandidateAddress | undefined;
}

/**
 * Reads the service, the image and the secrets. Changes nothing.
 * @throws ActionError `refused` with the input at fault.
 */
export async function prepareDeployment(config: BackendConfig, ports: BackendPorts): Promise<Prepared> {
  const { service, environment } = config;
  const scales = config.change.scaling !== undefined;
  refuseHomelessMigration(config);
  const { registry, repository } = config.image;
  const wish = { ref: service, container: config.container, image: `${registry}/${repository}`, scales };
  const target = await openTarget(wish, ports);
  const names = [...Object.keys(environment.variables), ...Object.keys(environment.secrets)];
  refuseReserved(target.kind, names);
  const state = await target.read();
  const from = await stateToChange(target, state, config, ports.log);
  const { spec } = from;
  concealVariables([environment.variables, state.spec.variables, spec.variables], state, ports.log);
  refuseUnfit(state);
  sayNotes(from, ports.log);
  const ecr: BackendPorts['aws']['ecr'] = (...at) => ports.aws.ecr(...at);
  const [image, owners] = await Promise.all([
    resolveImage(config.image, from.platform, { ecr, log: ports.log }),
    target.owners?.() ?? [],
    target.rehearse(state),
  ]);
  for (const note of owners) ports.log.notice(note);
  const region = service.region ?? regionOf(target.arn);
  await readAlarms(config.alarms, ports.aws.alarms(region));
  const secretsPorts = {
    secrets: ports.aws.secrets(region),
    parameters: ports.aws.parameters(region),
    log: ports.log,
  };
  const setSecrets = await resolveSecrets(environment.secrets, target.arn, secretsPorts);
  const entryPoint = from.entryPoint?.length ? from.entryPoint : image.entryPoint;
  const plain: SpecChange = {
    ...config.change,
    ...scalingOf(config, state),
    ...startCommandOf(config.change.startCommand, target.kind, entryPoint, {
      from: spec.image,
      to: image.image,
    }),
    image: image.image,
    setVariables: environment.variables,
    setSecrets,
    unset: config.keepSecrets ? strangers(spec.secrets, config.keepSecrets) : [],
    ...(target.kind === 'apprunner' ? { autoDeployments: false } : {}),
    ...(target.kind === 'ecs' && hasCircuitBreaker(state.strategy) ? { circuitBreaker: true } : {}),
  };
  const wanted = applyChange(spec, plain);
  target.refuse(from, wanted);
  const migration = await migrationWords(config, entryPoint, image.entryPoint, ports);
  const found = await readVersions(target.arn, wanted.secrets, secretsPorts, config, ports);
  const change = { ...plain, ...found.change };
  const candidate = await findCandidate(target, state, config, ports);
  return { target, image, change, migration, state, spec, secretVersions: found.versions, candidate };
}

/** @throws ActionError `refused`: the service has no hook that is ours, or its candidate cannot be asked. */
async function findCandidate(
  target: Target,
  state: BackendState,
  { gate }: BackendConfig,
  { log }: BackendPorts,
): Promise<CandidateAddress | undefined> {
  if (!gate) return undefined;
  const { arn, hooks = [], strategy } = state;
  const wrong = refuseGate({ arn, target: target.kind, strategy: strategy?.name ?? 'ROLLING', hooks });
  if (wrong) throw wrong;
  const found = gate.url ? { url: gate.url, headers: {} } : await target.findCandidate?.(state);
  if (!found || 'why' in found) {
    throw refused({
      input: 'candidate-url',
      what: `is needed: where the candidate can be asked cannot be told, because ${found?.why ?? 'the target does not say'}`,
      fix: 'give the address of the test listener, with `candidate-headers` where its rule asks for one',
    });
  }
  const candidate = { url: found.url, headers: { ...found.headers, ...gate.headers } };
  const names = Object.keys(candidate.headers);
  const hook = gateHook(hooks);
  log.info(
    `the candidate is asked at ${candidate.url}${names.length > 0 ? ` with the header ${names.join(', ')}` : ''} before users reach it; where nobody answers, ECS goes back after ${formatDuration((hook?.timeout ?? 0) * 60_000)}`,
  );
  return candidate;
}

/** @param own the entry point of the image, for App Runner, whose migration runs in a task definition of its own */
async function migrationWords(
  { migration, service, container, image }: BackendConfig,
  entryPoint: readonly string[] | undefined,
  own: readonly string[] | undefined,
  { aws }: BackendPorts,
): Promise<readonly string[] | undefined> {
  if (!migration) return undefined;
  const words = (at: readonly string[] | undefined) => commandWords(migration.command, at, 'migrate-command');
  if (service.target !== 'apprunner') return words(entryPoint);
  const { definition } = await foreignDefinition(migration, aws.ecs(service.region));
  const wish = { names: containerNames(container), repository: `${image.registry}/${image.repository}` };
  const named = chooseContainers(definition, wish, {}).main.entryPoint;
  return words(named?.length ? named : own);
}

function scalingOf({ change }: BackendConfig, { spec }: BackendState): Pick<SpecChange, 'scaling'> {
  const { scaling } = change;
  if (!scaling || scaling === 'none') return {};
  const { foreign = [] } = spec.scaling ?? {};
  if (scaling.cpuTarget !== undefined && foreign.length > 1) {
    throw refused({
      input: 'cpu-target',
      what: 'several scaling policies of others steer this service by its CPU, and one more would work against them',
      found: foreign.join(', '),
      fix: 'leave `cpu-target` out, or delete all but one of them',
    });
  }
  return { scaling: keepForeignPolicy(scaling, spec.scaling) };
}

function sayNotes({ notes = [], strategy }: BackendState, log: Log): void {
  for (const note of notes) log.notice(note);
  if (!strategy) return;
  log.info(
    `the service deploys by ${strategy.said}: ${formatDuration(strategy.length)} by itself, and up to wait-timeout more is waited`,
  );
}

/** App Runner has no tasks of its own: a command needs a cluster and a task definition to run in. */
function refuseHomelessMigration({ migration, service }: BackendConfig): void {
  if (!migration) return;
  const home = migration.cluster && migration.taskDefinition;
  if (service.target === 'apprunner' && !home) {
    throw refused({
      input: 'migrate-command',
      what: 'App Runner cannot run a command once: it needs an ECS cluster and task definition to run in',
      fix: 'set `migrate-cluster`, `migrate-task-definition` and `migrate-network`; or run the command in a step of its own before this one',
    });
  }
  if (
    service.target !== 'apprunner' &&
    (migration.cluster || migration.taskDefinition || migration.network)
  ) {
    throw refused({
      input: 'migrate-cluster',
      what: 'is for App Runner only: a command for an ECS service runs in its own cluster, network and task definition',
      fix: 'leave out `migrate-cluster`, `migrate-task-definition` and `migrate-network`',
    });
  }
}

const strangers = (secrets: Readonly<Record<string, string>>, keep: readonly string[]) =>
  Object.keys(secrets).filter((name) => !keep.includes(name));

export const regionOf = (arn: string): string | undefined => arn.split(':')[3] || undefined;

/** A service that cannot take a deployment is refused with what to do about it. Busy is fine: it is waited out. */
export function refuseUnfit(state: BackendState): void {
  const found = `status ${state.status} of ${state.arn}`;
  const no = (what: string, fix: string) => refused({ input: 'service', what, found, fix });
  switch (state.condition) {
    case 'ready':
    case 'busy':
      if (state.desired !== 0) return;
      throw no(
        'is scaled to zero tasks, so nothing could prove that a new version works',
        'scale it to one task at least, then deploy',
      );
    case 'paused':
      throw no('is paused', `resume it first: aws apprunner resume-service --service-arn ${state.arn}`);
    case 'broken':
      throw no('was never created well and cannot be updated', 'delete it and create it again');
    case 'gone':
      throw no('is deleted', 'create it again, or correct the name');
    case 'unknown':
      throw no(
        'is in a state that is not known',
        'look at it in the AWS console; then report this status to wwhd-deploy',
      );
  }
}
