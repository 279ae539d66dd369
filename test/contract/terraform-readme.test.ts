// The steps of infra/terraform/README.md against what they name, the example values against the variables, and infra.yml, whose plan
// step is run here with a program in Terraform's place.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { root } from '../support/dist.ts';
import { blocksOf, isShell } from '../support/docs.ts';
import type { Job, Workflow } from '../support/workflows.ts';

const TF = 'infra/terraform';
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const readme = read(`${TF}/README.md`);
const steps = blocksOf(`${TF}/README.md`).filter(isShell);
const ROOTS = ['bootstrap', 'shared', 'environments/dev', 'environments/staging', 'environments/production'];
const declared = (folder: string, keyword: string): string[] =>
  readdirSync(join(root, TF, folder))
    .filter((name) => name.endsWith('.tf'))
    .flatMap((name) => [
      ...read(`${TF}/${folder}/${name}`).matchAll(
        new RegExp(`^${keyword} "(\\w+)" \\{([\\s\\S]*?)^\\}`, 'gm'),
      ),
    ])
    .map((match) => match[1] as string);

describe('the README of infra/terraform', () => {
  const commands = steps.map(({ text }) => text).join('\n');

  it('names folders and outputs that there are', () => {
    const named = [
      ...commands.matchAll(/-chdir=infra\/terraform\/(\S+) (\w+)(?: -raw (\w+)| -json (\w+))?/g),
    ];
    expect(named.length).toBeGreaterThan(5);
    for (const [whole, folder = '', verb, raw, json] of named) {
      expect(ROOTS, whole).toContain(folder);
      if (verb === 'output') expect(declared(folder, 'output'), whole).toContain(raw ?? json);
    }
    for (const [whole, name] of readme.matchAll(/`terraform output (\w+)`/g))
      expect(declared('environments/production', 'output'), whole).toContain(name);
  });

  it('finds the backend file that bootstrap writes, from each folder', () => {
    const written = /output -raw backend > (\S+)/.exec(commands)?.[1] ?? '';
    for (const [, folder = '', path = ''] of commands.matchAll(/-chdir=(\S+) init -backend-config=(\S+)/g))
      expect(join(folder, path)).toBe(written);
  });

  it('says of each GitHub variable what the outputs say', () => {
    const variables = read(`${TF}/modules/environment/outputs.tf`);
    for (const [, name] of commands.matchAll(/gh variable set (\w+)/g))
      expect(variables).toMatch(new RegExp(`^ +${name} +=`, 'm'));
    for (const name of ['INFRA_PLAN_ROLE', 'INFRA_ROLE', 'STATE_BUCKET']) {
      expect(readme).toContain(name);
      expect(read(`${TF}/bootstrap/outputs.tf`)).toContain(`Variable ${name} `);
    }
  });

  it.each(ROOTS)('terraform.tfvars.example of %s gives each variable a value, and no other', (folder) => {
    const given = [...read(`${TF}/${folder}/terraform.tfvars.example`).matchAll(/^(\w+) += /gm)].map(
      (m) => m[1],
    );
    // The password is given by the environment, once.
    const asked = declared(folder, 'variable').filter((name) => name !== 'database_password');
    expect(given.sort()).toEqual(asked.sort());
  });
});

describe('infra.yml', () => {
  const workflow = parse(read('examples/workflows/infra.yml')) as Workflow & {
    jobs: Record<string, Job & { concurrency?: unknown }>;
  };
  const { plan, apply } = workflow.jobs as Record<string, Job>;
  const dir = mkdtempSync(join(tmpdir(), 'wwhd-infra-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it('plans pull requests of its own repository, and applies main behind an environment, folder by folder', () => {
    expect(plan?.if).toContain('github.event.pull_request.head.repo.full_name == github.repository');
    expect(plan?.environment).toMatchObject({ name: 'infra-plan' });
    expect(apply?.if).toBe("github.event_name == 'push'");
    expect(apply?.environment).toBe('infra');
    for (const job of [plan, apply])
      for (const folder of (job?.strategy?.matrix?.['folder'] ?? []) as string[])
        expect(existsSync(join(root, TF, folder, 'versions.tf')), folder).toBe(true);
    expect(apply?.strategy).toMatchObject({ 'max-parallel': 1 });
    expect(plan?.permissions).toEqual({ contents: 'read', 'id-token': 'write', 'pull-requests': 'write' });
    expect(apply?.permissions).toEqual({ contents: 'read', 'id-token': 'write' });
    const comment = plan?.steps?.find(({ uses }) => uses?.includes('pr-comment'));
    expect(comment?.if).toBe('always()');
    expect(comment?.with?.['marker']).toContain('matrix.folder');
  });

  /** Runs the plan's script with a program in Terraform's place, which prints what it is told and ends so. */
  function played(says: string, status: number) {
    const bin = join(dir, 'bin');
    mkdirSync(join(dir, TF, 'shared'), { recursive: true });
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(dir, 'says'), says);
    writeFileSync(
      join(bin, 'terraform'),
      `#!/bin/sh\necho "$@" >> ${dir}/asked\n[ "$1" = plan ] || exit 0\ncat ${dir}/says\nexit ${status}\n`,
    );
    chmodSync(join(bin, 'terraform'), 0o755);
    rmSync(join(dir, 'asked'), { force: true });
    const script = plan?.steps?.find(({ name }) => name === 'Plan')?.run ?? '';
    const done = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], {
      cwd: dir,
      encoding: 'utf8',
      env: {
        PATH: `${bin}:${process.env['PATH']}`,
        RUNNER_TEMP: dir,
        FOLDER: 'shared',
        STATE_BUCKET: 'wwhd-terraform-1',
        AWS_REGION: 'us-west-2',
      },
    });
    return {
      status: done.status,
      log: done.stdout,
      comment: readFileSync(join(dir, 'comment.md'), 'utf8'),
      asked: readFileSync(join(dir, 'asked'), 'utf8'),
    };
  }

  it('comments the plan as text: what it prints is no command and ends no fence', () => {
    const { status, log, comment, asked } = played(
      '::error::x\n```\n@team\nPlan: 1 to add, 0 to change.\n',
      0,
    );
    expect(status).toBe(0);
    expect(asked).toMatch(/^init .*bucket=wwhd-terraform-1.*\nplan -input=false/);
    const stopped = /::stop-commands::(\w+)\n::error::x[\s\S]*::(\w+)::/.exec(log);
    expect(stopped?.[1]).toBe(stopped?.[2]);
    expect(comment).toMatch(/^### Terraform: `shared`\n\nPlan: 1 to add/);
    expect(comment).toMatch(/\n``````text\n::error::x\n```\n@team/);
  });

  it('fails with the plan, and comments all the same', () => {
    const { status, comment } = played('Error: no such bucket\n', 1);
    expect(status).toBe(1);
    expect(comment).toContain('Error: no such bucket');
  });

  it('fits a long plan into a comment', () => {
    expect(played('x'.repeat(200_000), 0).comment.length).toBeLessThan(65_536);
  });
});
