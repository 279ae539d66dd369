import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { model as apprunner } from '../../../../local-cloud/services/shapes/apprunner.ts';
import { model as autoscaling } from '../../../../local-cloud/services/shapes/autoscaling.ts';
import { model as cloudwatch } from '../../../../local-cloud/services/shapes/cloudwatch.ts';
import { model as ecr } from '../../../../local-cloud/services/shapes/ecr.ts';
import { model as ecs } from '../../../../local-cloud/services/shapes/ecs.ts';
import { model as elbv2 } from '../../../../local-cloud/services/shapes/elbv2.ts';
import { model as logs } from '../../../../local-cloud/services/shapes/logs.ts';
import { model as secretsmanager } from '../../../../local-cloud/services/shapes/secretsmanager.ts';
import { model as ssm } from '../../../../local-cloud/services/shapes/ssm.ts';
import { readModel } from '../../../../local-cloud/services/shapes/validate.ts';
import { root } from '../../../support/dist.ts';

// No member of AWS's model is dropped without a word: the service's code knows it, or the docs say that it has no effect.
const SERVICES = [
  ['ecs', ecs, ['ecs', 'ecs-express']],
  ['elbv2', elbv2, ['elbv2']],
  ['autoscaling', autoscaling, ['autoscaling']],
  ['apprunner', apprunner, ['apprunner']],
  ['ecr', ecr, ['ecr']],
  ['logs', logs, ['logs']],
  ['monitoring', cloudwatch, ['cloudwatch']],
  ['secretsmanager', secretsmanager, ['secretsmanager']],
  ['ssm', ssm, ['ssm']],
] as const;

const read = (folder: string): string =>
  readdirSync(join(root, folder))
    .map((name) => readFileSync(join(root, folder, name), 'utf8'))
    .join('\n');

const docs = readFileSync(join(root, 'docs/local-cloud-compute.md'), 'utf8');
const list = /^## Members without effect$([\s\S]*?)^## /m.exec(docs)?.[1] ?? '';
/** `Operation: member, member` as `Operation.member`. */
const excused = [...list.matchAll(/^- (\w+): (.*)$/gm)].flatMap(([, operation, members = '']) =>
  [...members.matchAll(/`(\w+)`/g)].map(([, member]) => `${operation}.${member}`),
);

/** Members that a service keeps whole and shows: what is in them is not named in its code. */
const KEPT_WHOLE: readonly string[] = ['RegisterTaskDefinition', 'CreateTargetGroup', 'PutMetricAlarm'];

function unknownOf(table: string, folders: readonly string[]): string[] {
  const code = folders.map((folder) => read(`local-cloud/services/${folder}`)).join('\n');
  const words = new Set(code.match(/\w+/g));
  const { operations, shapes } = readModel(table);
  return [...operations]
    .filter(([operation]) => words.has(operation) && !KEPT_WHOLE.includes(operation))
    .flatMap(([operation, shape]) =>
      Object.keys(shapes.get(shape)?.m ?? {})
        .filter((member) => !words.has(member))
        .map((member) => `${operation}.${member}`),
    );
}

describe('the members of every operation', () => {
  it.each(SERVICES)('%s', (_, table, folders) => {
    const dropped = unknownOf(table, folders).filter((one) => !excused.includes(one));
    expect(dropped).toEqual([]);
  });

  it('are excused only where the model has them', () => {
    const all = SERVICES.flatMap(([, table]) => {
      const { operations, shapes } = readModel(table);
      return [...operations].flatMap(([operation, shape]) =>
        Object.keys(shapes.get(shape)?.m ?? {}).map((member) => `${operation}.${member}`),
      );
    });
    expect(excused.length).toBeGreaterThan(0);
    expect(excused.filter((one) => !all.includes(one))).toEqual([]);
  });
});
