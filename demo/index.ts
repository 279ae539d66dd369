import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { commitsOf, HISTORY } from './checkout.ts';
import { type Cloud, startCloud } from './cloud.ts';
import { startGitHub } from './github.ts';
import { pushFirstImage } from './image.ts';
import type { WeekReport } from './model.ts';
import { renderPage } from './page/page.ts';
import { findPaths, type Paths } from './paths.ts';
import { createResources } from './resources.ts';
import { Stage, WeekFailed } from './stage.ts';
import { createTerminal, type Terminal } from './terminal.ts';
import { playWeek } from './week.ts';

const HELP = `npm run demo -- [--out DIR] [--keep] [--speed N] [--port N]

Plays a team's week on a local cloud with the bundles of dist/: no AWS account, no container engine, no network.

  --out DIR   where the page goes (default: demo-output)
  --keep      leave the cloud and the site running afterwards, to play with
  --speed N   how many times faster than AWS the cloud waits (default: 60)
  --port N    port of the cloud (default: a free one)
`;

interface Options {
  readonly out: string;
  readonly keep: boolean;
  readonly speed: number;
  readonly port: number;
}

function readOptions(args: string[]): Options | undefined {
  const { values } = parseArgs({
    args,
    options: {
      out: { type: 'string', default: 'demo-output' },
      keep: { type: 'boolean', default: false },
      speed: { type: 'string', default: '60' },
      port: { type: 'string', default: '0' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  const [speed, port] = [Number(values.speed), Number(values.port)];
  if (!(speed >= 1 && speed <= 1000)) throw new WeekFailed('--speed is a number from 1 to 1000');
  if (!(Number.isInteger(port) && port >= 0 && port < 65_536)) throw new WeekFailed('--port is a port');
  return { out: resolve(values.out), keep: values.keep, speed, port };
}

const BUNDLES = ['push-image', 'deploy-backend', 'deploy-frontend', 'smoke-test', 'rollback', 'local-cloud'];

function findBundles(paths: Paths): WeekReport['bundles'] {
  return BUNDLES.map((name) => {
    const bundle = join(paths.dist, name);
    if (!existsSync(join(bundle, 'index.js')))
      throw new WeekFailed(`${bundle} is not there: run \`npm ci && npm run build\` first`);
    const parts = readdirSync(bundle).filter((file) => file.endsWith('.js'));
    return { name, bytes: parts.reduce((sum, part) => sum + statSync(join(bundle, part)).size, 0) };
  });
}

async function main(): Promise<void> {
  const terminal = createTerminal(process.stdout, process.stdout.isTTY === true && !process.env['NO_COLOR']);
  let options: Options | undefined;
  try {
    options = readOptions(process.argv.slice(2));
    if (!options) {
      process.stdout.write(HELP);
      return;
    }
    await play(options, terminal);
  } catch (error) {
    terminal.fail(
      error instanceof WeekFailed || !(error instanceof Error)
        ? String((error as Error).message)
        : String(error.stack),
    );
    process.exitCode = 1;
  }
}

async function play(options: Options, terminal: Terminal): Promise<void> {
  const paths = findPaths(process.argv[1] ?? '');
  const bundles = findBundles(paths);
  const workspace = mkdtempSync(join(tmpdir(), 'wwhd-demo-'));
  let cloud: Cloud | undefined;
  const leave = async () => {
    await cloud?.stop();
    rmSync(workspace, { recursive: true, force: true });
  };
  let kept = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void leave().finally(() => process.exit(kept ? 0 : 130)));
  try {
    const startedAt = new Date();
    const began = performance.now();
    const now = () => Math.round(performance.now() - began);
    const commits = commitsOf(HISTORY);
    terminal.title('A week of releases, on a cloud that fits into one process');
    cloud = await startCloud(paths, options);
    const github = await startGitHub(commits);
    const { endpoint } = cloud;
    const resources = await createResources(cloud, (repository) =>
      pushFirstImage(endpoint, repository, join(workspace, 'first-image')),
    );
    await cloud.forget();
    terminal.line(`local cloud on ${endpoint}, resources made in ${(now() / 1000).toFixed(1)} s\n`);
    const stage = new Stage({ paths, cloud, github, resources, commits, terminal, workspace, now });
    let problem: unknown;
    try {
      await playWeek(stage);
    } catch (error) {
      problem = error;
    }
    await stage.traffic?.stop();
    const report: WeekReport = {
      startedAt: startedAt.toISOString(),
      seconds: now() / 1000,
      node: process.version,
      platform: `${process.platform} ${process.arch}`,
      speed: options.speed,
      acts: stage.acts,
      commits,
      traffic: stage.traffic?.samples ?? [],
      ledger: await stage.ledger().catch(() => ({ pointer: {}, records: [] })),
      cloud: await cloud.report(),
      bundles,
      ...(problem ? { problem: problem instanceof Error ? problem.message : String(problem) } : {}),
    };
    const page = writePage(options.out, report);
    if (problem) throw problem;
    sayEnd(terminal, report, page);
    kept = options.keep;
    if (kept) await keep(terminal, stage, options.out);
  } finally {
    await leave();
  }
}

function writePage(out: string, report: WeekReport): string {
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'index.html'), renderPage(report));
  writeFileSync(join(out, 'week.json'), `${JSON.stringify(report, null, 1)}\n`);
  return join(out, 'index.html');
}

function sayEnd(terminal: Terminal, report: WeekReport, page: string): void {
  const checks = report.acts.flatMap((act) => act.checks).length;
  terminal.title(`The week is as promised: ${checks} checks held in ${report.seconds.toFixed(1)} s.`);
  terminal.line(`Page: ${page}\n`);
}

/** Leaves everything running until Ctrl-C, with its addresses in a file for a shell to read. */
async function keep(terminal: Terminal, stage: Stage, out: string): Promise<void> {
  const { cloud, resources } = stage.parts;
  const variables = {
    AWS_ENDPOINT_URL: cloud.endpoint,
    AWS_REGION: cloud.region,
    // Version 1 of the AWS command line reads this one.
    AWS_DEFAULT_REGION: cloud.region,
    AWS_ACCESS_KEY_ID: cloud.accessKey,
    AWS_SECRET_ACCESS_KEY: cloud.secretKey,
    API_URL: resources.apiUrl,
    SITE_URL: resources.siteUrl,
    SERVICE: resources.service,
    BUCKET: resources.bucket,
    RELEASE_BUCKET: resources.releaseBucket,
    DISTRIBUTION: resources.distribution,
  };
  const file = join(out, 'cloud.env');
  const lines = Object.entries(variables).map(([name, value]) => `export ${name}=${value}\n`);
  writeFileSync(file, lines.join(''));
  terminal.line(`Site      ${resources.siteUrl}/`);
  terminal.line(`API       ${resources.apiUrl}/api/search?q=friday`);
  terminal.line(`Cloud     ${cloud.endpoint}, every request to it: ${cloud.endpoint}/_cloud/requests`);
  terminal.line(`Shell     . ${relative(process.cwd(), file)}\n`);
  terminal.line('Ctrl-C ends it.');
  await new Promise((resolve) => cloud.process.once('exit', resolve));
  rmSync(file, { force: true });
}

await main();
