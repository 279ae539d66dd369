import { type BackendSpec, type Scaling, sameScaling } from './spec.ts';

/** One difference between now and wanted. Values of variables are never in it. */
export interface PlanEntry {
  /** `image`, `variables.LOG_LEVEL`, `secrets.API_KEY`, `cpu`, … */
  readonly field: string;
  readonly change: 'add' | 'change' | 'remove';
  /** What stands there now, and what will; left out for the values of variables. */
  readonly from?: string;
  readonly to?: string;
  readonly note?: string;
}

/** What a deployment would change, field by field. Empty: nothing. */
export function planChanges(now: BackendSpec, wanted: BackendSpec): PlanEntry[] {
  return [
    ...field('image', now.image, wanted.image),
    ...otherImages(now, wanted),
    ...entries('variables', now.variables, wanted.variables, false),
    ...entries('secrets', now.secrets, wanted.secrets, true),
    ...newerSecrets(wanted),
    ...field('port', now.port, wanted.port),
    ...field('start-command', now.startCommand || undefined, wanted.startCommand || undefined),
    ...field('access-role', now.accessRole, wanted.accessRole),
    ...field('cpu', now.cpu, wanted.cpu),
    ...field('memory', now.memory, wanted.memory),
    ...(sameScaling(now.scaling, wanted.scaling)
      ? []
      : field('scaling', sayScaling(now.scaling), sayScaling(wanted.scaling))),
    ...toggle(
      'auto-deployments',
      now.autoDeployments,
      wanted.autoDeployments,
      wanted.autoDeployments ? '' : 'a push to the registry would deploy by itself and race',
    ),
    ...toggle(
      'circuit-breaker',
      now.circuitBreaker,
      wanted.circuitBreaker,
      wanted.circuitBreaker ? 'ECS gives up a rollout whose tasks do not come up' : '',
    ),
    // With the same content a task definition's number alone is no change for users, so it is the last thing looked at.
    ...field('task-definition', now.taskDefinition, wanted.base ?? wanted.taskDefinition),
  ];
}

function field(name: string, from: string | undefined, to: string | undefined): PlanEntry[] {
  if (from === to) return [];
  const change = from === undefined ? 'add' : to === undefined ? 'remove' : 'change';
  return [
    {
      field: name,
      change,
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
    },
  ];
}

function entries(
  group: string,
  now: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
  visible: boolean,
): PlanEntry[] {
  const names = [...new Set([...Object.keys(now), ...Object.keys(wanted)])].sort();
  return names.flatMap((name) =>
    field(`${group}.${name}`, now[name], wanted[name]).map((entry) =>
      visible ? entry : { field: entry.field, change: entry.change },
    ),
  );
}

function otherImages(now: BackendSpec, wanted: BackendSpec): PlanEntry[] {
  const images = wanted.otherImages ?? {};
  return Object.keys(images).flatMap((name) =>
    field(`image (${name})`, now.otherImages?.[name], images[name]),
  );
}

/** True where all stays as it is, and the app is to be started anew. */
export const isRestartOnly = (now: BackendSpec, wanted: BackendSpec): boolean =>
  wanted.restart !== undefined && planChanges(now, { ...wanted, restart: undefined }).length === 0;

/** Secrets whose reference stays, and whose value is newer than the one that the app was started with. */
function newerSecrets({ restart = [] }: BackendSpec): PlanEntry[] {
  const note = 'a newer version; the app is started anew';
  return restart.map((name) => ({ field: `secrets.${name}`, change: 'change', note }));
}

function toggle(name: string, from: boolean | undefined, to: boolean | undefined, note: string): PlanEntry[] {
  if (from === to) return [];
  const say = (on: boolean | undefined) => (on ? 'on' : 'off');
  return [{ field: name, change: 'change', from: say(from), to: say(to), ...(note ? { note } : {}) }];
}

function sayScaling(scaling: Scaling | undefined): string | undefined {
  if (!scaling) return undefined;
  const by = [
    scaling.concurrency === undefined ? '' : `, ${scaling.concurrency} requests each`,
    scaling.cpuTarget === undefined ? '' : `, CPU at ${scaling.cpuTarget}%`,
  ].join('');
  return `${scaling.min} to ${scaling.max}${by}`;
}

/** The plan as lines for the log: `~ image  a → b`, `+ variables.X`, `- secrets.Y`. */
export function planLines(plan: readonly PlanEntry[]): string[] {
  const sign = { add: '+', change: '~', remove: '-' } as const;
  return plan.map((entry) => {
    const values =
      entry.from !== undefined && entry.to !== undefined
        ? `  ${entry.from} → ${entry.to}`
        : entry.change === 'change'
          ? '  changed'
          : `  ${entry.to ?? entry.from ?? ''}`.trimEnd();
    return `${sign[entry.change]} ${entry.field}${values}${entry.note ? `  (${entry.note})` : ''}`;
  });
}
