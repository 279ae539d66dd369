import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  activeRevisions,
  changesOf,
  createBucket,
  createOn,
  deployBackend,
  ecs,
  pushApp,
  readJson,
  taskDefinition,
} from '../support/backend.ts';
import { logText, versionAt } from '../support/backend-faults.ts';
import { TARGETS, type Target } from '../support/backend-table.ts';
import { startCloud, type TestCloud } from '../support/cloud.ts';

let cloud: TestCloud;
let one: string;
let two: string;

beforeAll(async () => {
  cloud = await startCloud({ speed: 100 });
  [one, two] = [await pushApp(cloud, { version: '1' }), await pushApp(cloud, { version: '2' })];
});
afterAll(() => cloud.stop());

/** Migrations, and how each must end; the same on every target. */
const MIGRATIONS = [
  {
    name: 'passes',
    command: `node -e "console.log('schema', 2)"`,
    outcome: 'deployed',
    runs: '2',
    says: /schema 2[\s\S]*with exit code 0/,
  },
  {
    name: 'fails with an exit code, and its last lines',
    command: `node -e "console.log('no such table'); process.exit(4)"`,
    outcome: 'failed',
    runs: '1',
    says: /no such table[\s\S]*migrate-command ended with exit code 4; the service was not touched/,
  },
  {
    name: 'is not a command of the image',
    command: 'no-such-command --now',
    outcome: 'failed',
    runs: '1',
    says: /did not run to its end; the service was not touched[\s\S]*CannotStartContainerError[\s\S]*no-such-command/,
  },
  {
    name: 'does not end',
    command: `node -e "console.log('waits'); setInterval(() => {}, 1000)"`,
    inputs: { 'wait-timeout': '3s' },
    outcome: 'timed-out',
    runs: '1',
    says: /migrate-command did not end within 3.0s and was stopped; the service was not touched/,
  },
] as const;

const ROWS = TARGETS.flatMap((target) =>
  MIGRATIONS.map((row, i) => ({ target, ...row, id: `${target}-m${i}` })),
);

/** App Runner has no tasks: a definition and a cluster are named to it. */
async function homeOf(target: Target, id: string): Promise<Record<string, string>> {
  if (target !== 'apprunner') return {};
  await ecs(cloud, 'CreateCluster', { clusterName: 'jobs' });
  await ecs(cloud, 'RegisterTaskDefinition', taskDefinition(`jobs-${id}`, one));
  return {
    'migrate-cluster': 'jobs',
    'migrate-task-definition': `jobs-${id}`,
    'migrate-network': 'subnets=subnet-a security-groups=sg-a public-ip=true',
  };
}

interface RunTasks {
  readonly tasks: ReadonlyArray<{
    readonly group: string;
    readonly lastStatus: string;
    readonly serviceArn?: string;
    readonly containers: ReadonlyArray<{ readonly image: string; readonly exitCode?: number }>;
  }>;
}

/** The one-off tasks of a test, by the cloud's own state. */
async function oneOffs(id: string) {
  const state = (await (await fetch(`${cloud.endpoint}/_cloud/state/ecs`)).json()) as RunTasks;
  return state.tasks.filter((task) => !task.serviceArn && task.group.includes(id));
}

/** No revision is left behind that nobody runs: a migration's own is taken back, the service's where it did not come. */
async function expectTidy(target: Target, id: string, isDeployed: boolean): Promise<void> {
  const families = {
    apprunner: { name: `jobs-${id}`, active: 1 },
    ecs: { name: id, active: isDeployed ? 2 : 1 },
    'ecs-express': { name: `${(await familiesOf(id)).find((one) => one.endsWith('-migrate'))}`, active: 0 },
  } as const;
  const { name, active } = families[target];
  expect(await activeRevisions(cloud, name)).toHaveLength(active);
}

const familiesOf = async (id: string): Promise<string[]> => {
  const state = (await (await fetch(`${cloud.endpoint}/_cloud/state/ecs`)).json()) as {
    definitions: ReadonlyArray<{ readonly family: string }>;
  };
  return state.definitions.map(({ family }) => family).filter((family) => family.includes(id));
};

describe.concurrent('a migration', () => {
  test.each(ROWS)('on $target that $name: $outcome', async (row) => {
    const service = await createOn[row.target](cloud, row.id, one);
    const run = await deployBackend(cloud, {
      service: service.arn,
      image: two,
      'migrate-command': row.command,
      ...(await homeOf(row.target, row.id)),
      ...('inputs' in row ? row.inputs : {}),
    });
    expect(run.outputs['outcome'], run.log).toBe(row.outcome);
    expect(logText(run.log)).toMatch(row.says);
    expect(run.summary).toContain(row.outcome);
    // Once, in the new image, and over before the switch.
    const tasks = await oneOffs(row.id);
    expect(tasks, run.log).toHaveLength(1);
    expect(tasks[0]?.containers[0]?.image, run.log).toBe(two);
    expect(['STOPPING', 'DEPROVISIONING', 'STOPPED']).toContain(tasks[0]?.lastStatus);
    const changes = await changesOf(cloud, row.id);
    const updates = changes.filter((operation) => operation === service.update);
    expect(updates, run.log).toHaveLength(row.runs === '2' ? 1 : 0);
    if (row.runs === '2') expect(changes.indexOf('RunTask')).toBeLessThan(changes.indexOf(service.update));
    expect(await service.images()).toEqual([(row.runs === '2' ? two : one).split('@')[1]]);
    expect(await versionAt(service)).toBe(row.runs);
    await expectTidy(row.target, row.id, row.runs === '2');
  });

  test.each(TARGETS)(
    'on %s that passes, before an update that is denied: failed, for the database is another',
    async (target) => {
      const id = `${target}-then-denied`;
      const service = await createOn[target](cloud, id, one);
      const home = await homeOf(target, id);
      await cloud.fault({ kind: 'denied', operation: service.update, resource: id });
      const run = await deployBackend(cloud, {
        service: service.arn,
        image: two,
        'migrate-command': `node -e ""`,
        ...home,
        'release-bucket': await createBucket(cloud, `releases-${id}`),
        'release-id': 'r1',
      });
      expect(run.outputs['outcome'], run.log).toBe('failed');
      expect(logText(run.log)).toMatch(
        /migrate-command ran to its good end \(\["node","-e",""\]\), and then the service could not be updated[\s\S]*next: the release before runs, on the migrated database/,
      );
      expect(await versionAt(service)).toBe('1');
      await expectTidy(target, id, false);
      const record = await readJson(cloud, `releases-${id}`, 'production/releases/r1.json');
      expect(record).toMatchObject({ parts: { backend: { result: 'failed' } } });
    },
  );

  test('on App Runner with no place to run in is refused, with what to do', async () => {
    const service = await createOn.apprunner(cloud, 'homeless', one);
    const run = await deployBackend(cloud, { service: service.arn, image: two, 'migrate-command': 'true' });
    expect(run.outputs['outcome'], run.log).toBe('refused');
    expect(logText(run.log)).toMatch(
      /App Runner cannot run a command once[\s\S]*set `migrate-cluster`, `migrate-task-definition` and `migrate-network`; or run the command in a step of its own/,
    );
    expect(await changesOf(cloud, 'homeless')).toEqual(['CreateService']);
  });

  test.each([
    ['an open quote', `node migrate.js --only tenant=O'Brien --dry-run`, /opens a quote that is not closed/],
    ['what only a shell reads', 'node migrate.js && node seed.js', /"&&", which only a shell reads/],
  ])('with %s is refused before anything runs', async (name, command, says) => {
    const id = `unreadable-${name.length}`;
    const service = await createOn.ecs(cloud, id, one);
    const before = await changesOf(cloud, id);
    const run = await deployBackend(cloud, { service: service.arn, image: two, 'migrate-command': command });
    expect(run.outputs['outcome'], run.log).toBe('refused');
    expect(logText(run.log)).toMatch(says);
    expect(await changesOf(cloud, id)).toEqual(before);
    expect(await oneOffs(id)).toEqual([]);
  });

  test('runs as the plan shows it, word by word', async () => {
    const service = await createOn.ecs(cloud, 'word-by-word', one);
    const script = 'console.log(JSON.stringify(process.argv.slice(1)))';
    const inputs = {
      service: service.arn,
      image: two,
      'migrate-command': JSON.stringify(['node', '-e', script, '--', `O'Brien "a\tb"`, '$HOME', '']),
    };
    const words = JSON.stringify(['node', '-e', script, '--', `O'Brien "a\tb"`, '$HOME', '']);
    const plan = await deployBackend(cloud, { ...inputs, 'dry-run': 'true' });
    expect(plan.outputs['outcome'], plan.log).toBe('planned');
    expect(plan.log).toContain(`first the migration, once: ${words}`);
    const run = await deployBackend(cloud, inputs);
    expect(run.outputs['outcome'], run.log).toBe('deployed');
    expect(run.log).toContain(` runs ${words}`);
    expect(run.log).toContain(JSON.stringify([`O'Brien "a\tb"`, '$HOME', '']));
  });

  test('goes whole to an entry point that is a shell', async () => {
    const service = await createOn.apprunner(cloud, 'by-shell', one);
    const made = taskDefinition('jobs-by-shell', one);
    const containerDefinitions = made.containerDefinitions.map((one) => ({
      ...one,
      entryPoint: ['sh', '-c'],
    }));
    await ecs(cloud, 'CreateCluster', { clusterName: 'jobs' });
    await ecs(cloud, 'RegisterTaskDefinition', { ...made, containerDefinitions });
    const command = `node migrate.js && echo "it's $((1 + 1))"; exit 7`;
    const run = await deployBackend(cloud, {
      service: service.arn,
      image: two,
      'migrate-command': command,
      'migrate-cluster': 'jobs',
      'migrate-task-definition': 'jobs-by-shell',
      'migrate-network': 'subnets=subnet-a',
    });
    // The images of the local cloud have no shell: that one is asked for, with one text, is what counts here.
    expect(run.outputs['outcome'], run.log).toBe('failed');
    expect(run.log).toContain(` runs ${JSON.stringify([command])}`);
    expect(logText(run.log)).toMatch(/exec: "sh": executable file not found/);
  });

  test('and a start command: exactly these words, and unchanged the next time', async () => {
    const service = await createOn.ecs(cloud, 'start-words', one);
    const inputs = {
      service: service.arn,
      image: two,
      'start-command': `node "./server.mjs" 'a b' O\\'Brien`,
    };
    const run = await deployBackend(cloud, inputs);
    expect(run.outputs['outcome'], run.log).toBe('deployed');
    const words = JSON.stringify(['node', './server.mjs', 'a b', "O'Brien"]);
    expect(JSON.parse(run.outputs['plan'] ?? '')).toContainEqual(
      expect.objectContaining({ field: 'start-command', to: words }),
    );
    const again = await deployBackend(cloud, inputs);
    expect(again.outputs['outcome'], again.log).toBe('unchanged');
  });
});

// By itself: the fault meets the tasks of the whole cluster.
test('a migration that can be started and not watched: failed, and where to look', async () => {
  const service = await createOn.ecs(cloud, 'unwatched', one);
  await cloud.fault({ kind: 'denied', operation: 'DescribeTasks', after: 2, resource: 'task/main' });
  const run = await deployBackend(cloud, {
    service: service.arn,
    image: two,
    'migrate-command': `node -e "setTimeout(() => {}, 20000)"`,
  });
  await cloud.clearFaults();
  expect(run.outputs['outcome'], run.log).toBe('failed');
  expect(run.log).toMatch(
    /was started and could not be watched to its end: look at task arn:\S+ and at the database/,
  );
});
