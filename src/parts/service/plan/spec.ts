/** What runs the backend. */
export type TargetKind = 'apprunner' | 'ecs-express' | 'ecs';

/** How many copies run, and when there are more of them. */
export interface Scaling {
  readonly min: number;
  readonly max: number;
  /** App Runner: requests that one instance takes at a time. */
  readonly concurrency?: number | undefined;
  /** ECS targets: average CPU in percent that the number of tasks is steered to. */
  readonly cpuTarget?: number | undefined;
  /** ECS: names of the policies of others that steer by the CPU, as they are found. */
  readonly foreign?: readonly string[] | undefined;
  /** App Runner: ARN of the auto-scaling configuration that says so. Given as a change, exactly that one is put back. */
  readonly arn?: string | undefined;
}

/**
 * A backend as plain data: all that an automatic rollback returns to, and all that a plan compares. The values of
 * `variables` stay in memory: they are never logged, planned or recorded.
 */
export interface BackendSpec {
  /** As the target names it: `registry/repository@sha256:…`, or with a tag where someone else deployed it so. */
  readonly image: string;
  /** ECS: images of other containers that change with it, by name of the container. */
  readonly otherImages?: Readonly<Record<string, string>> | undefined;
  readonly variables: Readonly<Record<string, string>>;
  /** Name to the native reference: an ARN, or `ARN:json-key::`. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly port?: string | undefined;
  /** App Runner: one text. ECS: the words as a JSON list, exactly as the container gets them. */
  readonly startCommand?: string | undefined;
  /** CPU units: `1024` is one vCPU. */
  readonly cpu?: string | undefined;
  /** MiB. */
  readonly memory?: string | undefined;
  /** App Runner: role that pulls the image from a private repository. */
  readonly accessRole?: string | undefined;
  /** App Runner: a push to the registry deploys by itself, and so races with us. */
  readonly autoDeployments?: boolean | undefined;
  /** ECS: a rollout whose tasks do not come up is given up and taken back by ECS itself. */
  readonly circuitBreaker?: boolean | undefined;
  readonly scaling?: Scaling | undefined;
  /** ECS: ARN of the task definition. Given as a change, exactly that one is put back. */
  readonly taskDefinition?: string | undefined;
  /** ECS, only ever wanted: ARN of the task definition that is copied in place of the one that runs. */
  readonly base?: string | undefined;
  /** Only ever wanted: new instances of what runs already, for the newer values of these secrets. */
  readonly restart?: readonly string[] | undefined;
}

/** What to change of a {@link BackendSpec}; what is not named is left as it is. */
export interface SpecChange {
  readonly image?: string | undefined;
  /** Left out, the containers that change with the image get it. */
  readonly otherImages?: Readonly<Record<string, string>> | undefined;
  readonly setVariables?: Readonly<Record<string, string>> | undefined;
  readonly setSecrets?: Readonly<Record<string, string>> | undefined;
  /** Names that are to be gone, variables and secrets alike. */
  readonly unset?: readonly string[] | undefined;
  readonly port?: string | undefined;
  readonly startCommand?: string | undefined;
  readonly cpu?: string | undefined;
  readonly memory?: string | undefined;
  readonly accessRole?: string | undefined;
  readonly autoDeployments?: boolean | undefined;
  readonly circuitBreaker?: boolean | undefined;
  /** `none` takes automatic scaling away again. */
  readonly scaling?: Scaling | 'none' | undefined;
  readonly taskDefinition?: string | undefined;
  /** ECS: ARN of the task definition that a copy is made of. */
  readonly base?: string | undefined;
  readonly restart?: readonly string[] | undefined;
}

/** The spec with the change applied. A name is a variable or a secret, never both: the newer one wins. */
export function applyChange(spec: BackendSpec, change: SpecChange): BackendSpec {
  const { setVariables = {}, setSecrets = {}, unset = [], base = spec.base } = change;
  const without = (entries: Readonly<Record<string, string>>, names: readonly string[]) =>
    Object.fromEntries(Object.entries(entries).filter(([name]) => !names.includes(name)));
  return {
    image: change.image ?? spec.image,
    otherImages: othersOf(spec, change),
    variables: { ...without(spec.variables, [...unset, ...Object.keys(setSecrets)]), ...setVariables },
    secrets: { ...without(spec.secrets, [...unset, ...Object.keys(setVariables)]), ...setSecrets },
    port: change.port ?? spec.port,
    startCommand: change.startCommand ?? spec.startCommand,
    cpu: change.cpu ?? spec.cpu,
    memory: change.memory ?? spec.memory,
    accessRole: change.accessRole ?? spec.accessRole,
    autoDeployments: change.autoDeployments ?? spec.autoDeployments,
    circuitBreaker: change.circuitBreaker ?? spec.circuitBreaker,
    scaling: change.scaling === 'none' ? undefined : (change.scaling ?? spec.scaling),
    taskDefinition: change.taskDefinition ?? spec.taskDefinition,
    ...(base ? { base } : {}),
    ...(change.restart ? { restart: change.restart } : {}),
  };
}

function othersOf({ otherImages }: BackendSpec, change: SpecChange): BackendSpec['otherImages'] {
  if (!otherImages || (change.image === undefined && !change.otherImages)) return otherImages;
  const names = Object.keys(otherImages);
  return Object.fromEntries(
    names.map((name) => [name, change.otherImages?.[name] ?? change.image ?? otherImages[name] ?? '']),
  );
}

/**
 * The smallest change that leads from `to` back to `from`: what an automatic rollback applies. It names only what
 * differs, so that as few values as possible are kept for the `post:` step. A circuit breaker that was turned on stays
 * on: it changes nothing about what runs, and the next rollout is the safer for it.
 */
export function changeBack(from: BackendSpec, to: BackendSpec): SpecChange {
  const names = (a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>) =>
    Object.keys(a).filter((name) => a[name] !== b[name]);
  const pick = (entries: Readonly<Record<string, string>>, keys: readonly string[]) =>
    Object.fromEntries(keys.map((key) => [key, entries[key] ?? '']));
  const known = new Set([...Object.keys(from.variables), ...Object.keys(from.secrets)]);
  return {
    image: from.image === to.image ? undefined : from.image,
    ...(from.otherImages ? { otherImages: from.otherImages } : {}),
    setVariables: pick(from.variables, names(from.variables, to.variables)),
    setSecrets: pick(from.secrets, names(from.secrets, to.secrets)),
    unset: [...Object.keys(to.variables), ...Object.keys(to.secrets)].filter((name) => !known.has(name)),
    port: from.port === to.port ? undefined : from.port,
    // An empty command is how a target is told to use the image's own again.
    startCommand: from.startCommand === to.startCommand ? undefined : (from.startCommand ?? ''),
    cpu: from.cpu === to.cpu ? undefined : from.cpu,
    memory: from.memory === to.memory ? undefined : from.memory,
    accessRole: from.accessRole === to.accessRole ? undefined : from.accessRole,
    autoDeployments: from.autoDeployments === to.autoDeployments ? undefined : from.autoDeployments,
    scaling: sameScaling(from.scaling, to.scaling) ? undefined : (from.scaling ?? 'none'),
    taskDefinition: from.taskDefinition,
    // Where a copy has to be made for the way back, it is not one of the other base.
    ...(to.base ? { base: from.taskDefinition } : {}),
  };
}

/** Numbers without a CPU target leave the policy of somebody else alone: only ours goes with our number. */
export function keepForeignPolicy(wanted: Scaling, now: Scaling | undefined): Scaling {
  if (wanted.cpuTarget !== undefined || !now?.foreign?.length) return wanted;
  return { ...wanted, cpuTarget: now.cpuTarget };
}

export function sameScaling(a: Scaling | undefined, b: Scaling | undefined): boolean {
  return (
    a?.min === b?.min &&
    a?.max === b?.max &&
    a?.concurrency === b?.concurrency &&
    a?.cpuTarget === b?.cpuTarget
  );
}
