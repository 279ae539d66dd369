import type { ContainerDefinition, TaskDefinition } from '../../../aws/ecs.ts';
import { ANSWER_ONLY } from './task-definition.ts';

/** Fields whose values say no secret: they are told, of the others only that they differ. */
const TOLD = new Set([
  'cpu',
  'memory',
  'memoryReservation',
  'executionRoleArn',
  'taskRoleArn',
  'networkMode',
  'image',
]);

/**
 * What a newer revision of a family has differently, a field each: `cpu 256 → 512`, `app.environment.LOG`, `volumes`. The
 * values of variables, commands and options are never in it. Order counts in lists of words only (a command), since AWS
 * gives the others back in any order; and what is empty is the same as what is missing.
 * @param ours names of the containers that get the image of a deployment: theirs is no difference, since a deployment
 * that was rolled back leaves a newer revision too
 */
export function compareDefinitions(
  running: TaskDefinition,
  newer: TaskDefinition,
  ours: readonly string[],
): string[] {
  const top = (definition: TaskDefinition) => {
    const own = Object.entries(definition).filter(([field]) => !ANSWER_ONLY.has(field));
    return { ...Object.fromEntries(own), containerDefinitions: undefined };
  };
  return [
    ...differences('', top(running), top(newer)),
    ...compareContainers(running.containerDefinitions ?? [], newer.containerDefinitions ?? [], ours),
  ];
}

function compareContainers(
  running: readonly ContainerDefinition[],
  newer: readonly ContainerDefinition[],
  ours: readonly string[],
): string[] {
  const names = [...new Set([...running, ...newer].map(({ name = '' }) => name))];
  return names.flatMap((name) => {
    const before = running.find((one) => one.name === name);
    const after = newer.find((one) => one.name === name);
    if (!before) return [`container ${name} is added`];
    if (!after) return [`container ${name} is removed`];
    const isOurs = ours.includes(name);
    return differences(`${name}.`, fieldsOf(before, isOurs), fieldsOf(after, isOurs));
  });
}

/** A container with its variables and secrets by name, and without the image that a deployment gives it. */
function fieldsOf(container: ContainerDefinition, isOurs: boolean): Record<string, unknown> {
  const { environment = [], secrets = [], image, ...rest } = container;
  return {
    ...rest,
    ...(isOurs ? {} : { image }),
    ...Object.fromEntries(environment.map(({ name, value }) => [`environment.${name}`, value])),
    ...Object.fromEntries(secrets.map(({ name, valueFrom }) => [`secrets.${name}`, valueFrom])),
  };
}

function differences(
  prefix: string,
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): string[] {
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return fields
    .filter((field) => canonical(before[field]) !== canonical(after[field]))
    .map((field) => {
      const say = (value: unknown) => (value === undefined ? 'none' : String(value));
      const values = TOLD.has(field) ? ` ${say(before[field])} → ${say(after[field])}` : '';
      return `${prefix}${field}${values}`;
    });
}

/** One text for all forms of the same value; '' for what is empty. */
function canonical(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) {
    const parts = value.map(canonical);
    const isWords = value.every((one) => typeof one === 'string');
    return parts.length === 0 ? '' : `[${(isWords ? parts : parts.sort()).join(',')}]`;
  }
  if (typeof value !== 'object') return JSON.stringify(value);
  const parts = Object.entries(value)
    .map(([key, one]) => [key, canonical(one)] as const)
    .filter(([, text]) => text !== '')
    .map(([key, text]) => `${JSON.stringify(key)}:${text}`);
  return parts.length === 0 ? '' : `{${parts.sort().join(',')}}`;
}
