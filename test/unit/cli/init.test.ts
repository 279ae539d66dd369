// What init writes in repositories as they are, each read by check-config, and its workflows held to the actions.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { checkConfig } from '../../../src/cli/check-config/command.ts';
import { parseFlags } from '../../../src/cli/flags.ts';
import { init } from '../../../src/cli/init/command.ts';
import { scalar } from '../../../src/cli/init/release-file.ts';
import { findParts } from '../../../src/cli/init/repository.ts';
import { takeOver } from '../../../src/cli/init/take-over.ts';
import { parseChecks } from '../../../src/smoke/document/load.ts';
import { checkWorkflow } from '../../support/workflow-check.ts';
import type { Workflow } from '../../support/workflows.ts';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'wwhd-init-'));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

type Files = Readonly<Record<string, string>>;
function repository(files: Files) {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, path)), { recursive: true });
    writeFileSync(join(cwd, path), text);
  }
}
const viewOf = (files: Files) => ({ files: Object.keys(files).sort(), read: (path: string) => files[path] });
const text = (path: string) => readFileSync(join(cwd, path), 'utf8');
// An empty HOME: nobody's credentials are found.
const here = () => ({ cwd, env: { HOME: cwd } });
const run = (...args: string[]) => init.run(parseFlags(init, args, {}), here());
const check = (...args: string[]) => checkConfig.run(parseFlags(checkConfig, args, {}), here());

const json = (value: object) => JSON.stringify(value);
const FASTAPI_NEXT: Files = {
  'backend/Dockerfile': 'FROM python:3.13-slim\nCOPY . .\nEXPOSE 8080\nCMD ["uvicorn", "main:app"]\n',
  'backend/requirements.txt': 'fastapi\nuvicorn\nalembic\n',
  'backend/main.py': '@app.get("/health")\ndef health(): return {"status": "ok"}\n',
  'backend/alembic.ini': '',
  'backend/.env.production': 'LEVEL=info\n',
  'frontend/package.json': json({
    dependencies: { next: '16', react: '19' },
    scripts: { build: 'next build' },
  }),
  'frontend/next.config.mjs': "export default { output: 'export' };\n",
  'frontend/package-lock.json': '{}',
};
const NODE_VITE: Files = {
  'api/Dockerfile': 'FROM node:24-slim\nCMD ["node", "server.js"]\n',
  'api/package.json': json({ dependencies: { express: '5' } }),
  'api/server.js': "app.get('/healthz', (q, s) => s.end('ok'));\n",
  'web/package.json': json({ devDependencies: { vite: '7' }, scripts: { build: 'vite build' } }),
  'web/index.html': '<!doctype html>',
  'web/pnpm-lock.yaml': '',
};
const SITE: Files = {
  'package.json': json({ dependencies: { astro: '6' }, scripts: { build: 'astro build' } }),
  'astro.config.mjs': "export default { outDir: './public_html' };\n",
  'src/pages/index.astro': '',
};
const WORKER: Files = {
  Dockerfile: 'FROM python:3.13\nCMD ["python", "consume.py"]\n',
  'consume.py': 'import boto3\n',
  'requirements.txt': 'boto3\n',
};

const ACCOUNT = ['--region', 'eu-central-1', '--role-to-assume', 'arn:aws:iam::111122223333:role/deploy'];
const SERVICE = 'arn:aws:ecs:eu-central-1:111122223333:service/main/api';

/** The workflows that were written, each with what the actions that it calls do not take. */
function workflowMistakes(...paths: string[]) {
  return paths.flatMap((path) => checkWorkflow(parse(text(path)) as Workflow));
}

describe('FastAPI and Next.js', () => {
  test('is a service and a site, with literal ids', async () => {
    repository(FASTAPI_NEXT);
    const ids = [
      '--service',
      SERVICE,
      '--repository',
      'wwhd-api',
      '--bucket',
      'my-site',
      '--distribution',
      'E1ABCDEF',
    ];
    const { exitCode, text: said } = await run(...ACCOUNT, ...ids);
    expect(exitCode).toBe(0);
    expect(said).not.toContain('Still missing');
    expect(
      text('wwhd-deploy.yml'),
    ).toBe(`# yaml-language-server: $schema=https://raw.githubusercontent.com/org/wwhd-deploy/v1/schemas/release-file.schema.json
version: 1
release-bucket: my-site-backup
region: eu-central-1
parts:
  backend:
    service: ${SERVICE}
    image:
      repository: wwhd-api
      context: backend
    checks: checks.yml
    # migrate: python -m alembic upgrade head
    # env-file: backend/.env.production
  frontend:
    bucket: my-site
    distribution: E1ABCDEF
    build:
      directory: frontend
      command: npm run build
      output: out
order: [backend, frontend]
environments:
  production: {}
`);
    expect((await check()).text).toMatch(
      /production, by wwhd-deploy.yml[\s\S]*image wwhd-api, built from backend/,
    );
    const checks = parseChecks(text('checks.yml'), { file: 'checks.yml', env: {}, baseUrlFollows: true });
    expect(checks.checks[0]?.request.address.source).toBe('/health');
    expect(workflowMistakes('.github/workflows/deploy.yml', '.github/workflows/rollback.yml')).toEqual([]);
    const { jobs } = parse(text('.github/workflows/deploy.yml')) as Workflow;
    expect(Object.keys(jobs)).toEqual(['site-frontend', 'release']);
    expect(jobs['release']?.steps?.at(-1)?.with).toEqual({
      environment: 'production',
      variables: '${{ toJSON(vars) }}',
      images: 'backend=${{ steps.image-backend.outputs.image }}\n',
    });
  });

  test('without ids, what is missing is a variable, with the command that sets it', async () => {
    repository(FASTAPI_NEXT);
    const { text: said } = await run();
    expect(text('wwhd-deploy.yml')).toContain('service: ${BACKEND_SERVICE}');
    expect(said).toContain(
      'the ARN of the service of backend\n    gh variable set BACKEND_SERVICE --body VALUE',
    );
    expect(said).toContain('gh variable set AWS_ROLE --body VALUE');
    const unset = (await check()).text;
    expect(unset).toContain('uses ${BACKEND_SERVICE}, which is not set');
    const names = [
      'BACKEND_SERVICE',
      'BACKEND_REPOSITORY',
      'FRONTEND_BUCKET',
      'FRONTEND_DISTRIBUTION',
      'RELEASE_BUCKET',
    ];
    const { exitCode, text: release } = await check(...names.map((name) => `--var=${name}=x`));
    expect(exitCode, release).toBe(0);
    expect(workflowMistakes('.github/workflows/deploy.yml', '.github/workflows/rollback.yml')).toEqual([]);
  });
});

test('a Node API and a Vite site, by the names of their folders', async () => {
  repository(NODE_VITE);
  await run(
    ...ACCOUNT,
    '--service',
    `api=${SERVICE}`,
    '--repository',
    'r',
    '--bucket',
    'b-1',
    '--distribution',
    'E1',
  );
  expect(parse(text('wwhd-deploy.yml'))).toMatchObject({
    'release-bucket': 'b-1-backup',
    parts: {
      api: { service: SERVICE, image: { repository: 'r', context: 'api' }, checks: 'checks.yml' },
      web: { bucket: 'b-1', build: { directory: 'web', command: 'pnpm run build', output: 'dist' } },
    },
    order: ['api', 'web'],
  });
  expect(text('checks.yml')).toContain('get: /healthz');
  expect((await check()).exitCode).toBe(0);
  expect(workflowMistakes('.github/workflows/deploy.yml')).toEqual([]);
});

test('a site alone has no image, and checks of its own', async () => {
  repository(SITE);
  await run(...ACCOUNT, '--bucket', 'my-site', '--distribution', 'E1');
  expect(parse(text('wwhd-deploy.yml'))).toMatchObject({
    parts: { frontend: { build: { directory: '.', output: 'public_html' }, checks: 'checks.yml' } },
  });
  expect(text('.github/workflows/deploy.yml')).not.toContain('push-image');
  expect((await check()).exitCode).toBe(0);
  expect(workflowMistakes('.github/workflows/deploy.yml')).toEqual([]);
});

test('a worker alone is asked by nobody', async () => {
  repository(WORKER);
  const { text: said } = await run(
    ...ACCOUNT,
    '--service',
    SERVICE,
    '--repository',
    'r',
    '--release-bucket',
    'releases',
  );
  expect(said).not.toContain('checks.yml');
  expect(parse(text('wwhd-deploy.yml'))).toMatchObject({
    'release-bucket': 'releases',
    parts: { worker: { service: SERVICE, image: { repository: 'r', context: '.' } } },
  });
  expect((await check()).exitCode).toBe(0);
  expect(workflowMistakes('.github/workflows/deploy.yml', '.github/workflows/rollback.yml')).toEqual([]);
});

describe('what is there', () => {
  test('is never written over, and a deploy.yml of before keeps its name', async () => {
    repository({
      ...SITE,
      'wwhd-deploy.yml': 'mine',
      '.github/workflows/deploy.yml': 'jobs: {}',
      'checks.yml': 'mine',
    });
    const { text: said, document } = await run('--bucket', 'b');
    expect(document).toMatchObject({
      written: ['.github/workflows/wwhd-deploy.yml', '.github/workflows/rollback.yml'],
      kept: ['wwhd-deploy.yml', 'checks.yml'],
    });
    expect(said).toContain('kept wwhd-deploy.yml, which was there');
    expect([text('wwhd-deploy.yml'), text('checks.yml')]).toEqual(['mine', 'mine']);
    // A second time there is nothing left to write.
    expect((await run('--bucket', 'b')).document).toMatchObject({ written: [] });
  });

  test('is only told where nothing is to be written', async () => {
    repository(SITE);
    const { document, text: said } = await run('--bucket', 'b', '--dry-run');
    expect(document).toMatchObject({ outcome: 'planned' });
    expect(said).toContain('--- wwhd-deploy.yml\n# yaml-language-server');
    expect(() => text('wwhd-deploy.yml')).toThrow();
  });

  test('nothing to deploy is refused', async () => {
    repository({ 'README.md': 'hello' });
    await expect(run()).rejects.toThrow(/nothing here that could be deployed/);
  });
});

test('a person is asked for what is missing', async () => {
  repository(SITE);
  const answers: Readonly<Record<string, string>> = {
    bucket: 'asked-for',
    distribution: 'E9',
    region: 'us-west-2',
    role: '',
  };
  const asked: string[] = [];
  const ask = async (question: string) => {
    asked.push(question);
    return answers[Object.keys(answers).find((word) => question.includes(word)) ?? ''] ?? '';
  };
  const { text: said } = await init.run(parseFlags(init, [], {}), { ...here(), ask });
  expect(asked).toEqual([
    'S3 bucket of frontend (empty: later)',
    'CloudFront distribution of frontend (empty: later)',
    'AWS region (empty: later)',
    'ARN of the role that the workflow assumes (empty: later)',
  ]);
  expect(parse(text('wwhd-deploy.yml'))).toMatchObject({
    region: 'us-west-2',
    parts: { frontend: { bucket: 'asked-for', distribution: 'E9' } },
  });
  expect(said).toContain('gh variable set AWS_ROLE');
});

const SHELL = `name: Deploy
on: push
env:
  AWS_REGION: eu-west-1
  BUCKET: old-site
jobs:
  site:
    runs-on: ubuntu-latest
    steps:
      - uses: aws-actions/configure-aws-credentials@v4
        with:
          role-to-assume: \${{ vars.ROLE }}
          aws-region: \${{ env.AWS_REGION }}
      - run: npm run build
        working-directory: web
      - run: |
          aws s3 sync dist/ s3://$BUCKET/app \\
            --delete --exclude "*.map" --exclude ".git/*" --cache-control "max-age=60" --acl public-read
          aws cloudfront create-invalidation --distribution-id E2OLD --paths "/*"
        working-directory: web
  api:
    runs-on: ubuntu-latest
    env: { ECR_REPOSITORY: team/api }
    steps:
      - id: login
        uses: aws-actions/amazon-ecr-login@v2
      - run: docker build -t \${{ steps.login.outputs.registry }}/$ECR_REPOSITORY:latest api && docker push x
      - uses: aws-actions/amazon-ecs-deploy-task-definition@v2
        with: { task-definition: t.json, service: api-service, cluster: main }
`;

describe('a workflow of before', () => {
  test('says what it says', () => {
    expect(takeOver(viewOf({ '.github/workflows/old.yml': SHELL }))).toEqual({
      region: 'eu-west-1',
      role: '${ROLE}',
      repositories: ['team/api'],
      services: [{ service: 'api-service', cluster: 'main' }],
      distributions: ['E2OLD'],
      sites: [
        {
          source: 'web/dist',
          bucket: 'old-site',
          prefix: 'app',
          exclude: ['**/*.map', '.git/**'],
          cacheControl: 'max-age=60',
          acl: 'public-read',
        },
      ],
      files: ['.github/workflows/old.yml'],
    });
  });

  test.each<[run: string, expected: object]>([
    ['aws s3 sync --delete ./out s3://b', { source: 'out', bucket: 'b', prefix: '' }],
    ['cd web && aws s3 sync build "s3://${{ vars.BUCKET }}"', { source: 'web/build', bucket: '${BUCKET}' }],
    ['aws --region x s3 sync a s3://b', { bucket: 'b' }],
    [
      'aws s3 sync a s3://b --exclude "*" --include "*.html"\naws s3 sync a s3://b --cache-control no-cache',
      { exclude: [], cacheControl: undefined },
    ],
  ])('%s', (script, expected) => {
    const workflow = json({ jobs: { a: { steps: [{ run: script }] } } });
    expect(takeOver(viewOf({ '.github/workflows/a.yml': workflow })).sites).toMatchObject([expected]);
  });

  test.each([
    ['a secret', 'aws s3 sync a s3://${{ secrets.BUCKET }}'],
    ['an output', 'aws s3 sync a s3://${{ steps.x.outputs.bucket }}'],
    ['a download', 'aws s3 sync s3://b a'],
    ['a name that is not set', 'aws s3 sync a s3://$NOBODY'],
  ])('%s says nothing', (_name, script) => {
    const workflow = json({ jobs: { a: { steps: [{ run: script }] } } });
    expect(takeOver(viewOf({ '.github/workflows/a.yml': workflow })).sites).toEqual([]);
  });

  test.each([
    '',
    '- a',
    'jobs: 1',
    'jobs: { a: { steps: 1 } }',
    'jobs: { a: }',
    '\t',
    'jobs: { a: { steps: [1, null] } }',
  ])('that is none says nothing: %j', (file) =>
    expect(takeOver(viewOf({ '.github/workflows/a.yml': file })).files).toEqual([]),
  );

  test('is taken over into the file', async () => {
    repository({ ...NODE_VITE, '.github/workflows/old.yml': SHELL });
    const { text: said } = await run();
    expect(parse(text('wwhd-deploy.yml'))).toMatchObject({
      region: 'eu-west-1',
      'release-bucket': 'old-site-backup',
      parts: {
        api: { service: 'api-service', target: 'ecs', cluster: 'main', image: { repository: 'team/api' } },
        web: {
          bucket: 'old-site',
          prefix: 'app',
          distribution: 'E2OLD',
          exclude: ['**/*.map', '.git/**'],
          'cache-control': { '**': 'max-age=60' },
          acl: 'public-read',
        },
      },
    });
    expect(said).toContain('took over what .github/workflows/old.yml says');
    expect(said).toContain('gh variable set ROLE');
    expect(text('.github/workflows/deploy.yml')).toContain('role-to-assume: ${{ vars.ROLE }}');
    expect((await check()).exitCode).toBe(0);
    expect(workflowMistakes('.github/workflows/deploy.yml')).toEqual([]);
  });
});

const found = (files: Files) =>
  findParts(viewOf(files)).map((part) =>
    part.kind === 'site'
      ? `${part.name}: ${part.framework} ${part.directory}/${part.output}`
      : `${part.name}: ${part.context}${part.answers ? '' : ' (worker)'}`,
  );
const site = (name: string, more: Files = {}) => ({
  'package.json': json({ dependencies: { [name]: '1' } }),
  ...more,
});

describe('what a repository has', () => {
  test.each<[name: string, files: Files, expected: string[]]>([
    ['Next.js with a server is no site', site('next', { 'next.config.js': 'module.exports = {}' }), []],
    [
      'Next.js, another folder',
      site('next', { 'next.config.ts': "export default { output: 'export', distDir: 'web' }" }),
      ['frontend: Next.js ./web'],
    ],
    ['Vite', site('vite', { 'vite.config.ts': "build: { outDir: 'built' }" }), ['frontend: Vite ./built']],
    ['Docusaurus', site('@docusaurus/core'), ['frontend: Docusaurus ./build']],
    [
      'SvelteKit, static',
      {
        'package.json': json({
          devDependencies: { '@sveltejs/kit': '2', '@sveltejs/adapter-static': '3', vite: '7' },
        }),
      },
      ['frontend: SvelteKit ./build'],
    ],
    [
      'SvelteKit with a server',
      { 'package.json': json({ devDependencies: { '@sveltejs/kit': '2', vite: '7' } }) },
      [],
    ],
    [
      'Angular',
      site('@angular/core', {
        'angular.json': json({
          projects: {
            shop: {
              architect: {
                build: { builder: '@angular/build:application', options: { outputPath: 'dist/shop' } },
              },
            },
          },
        }),
      }),
      ['frontend: Angular ./dist/shop/browser'],
    ],
    [
      'Angular without an output path',
      site('@angular/core', {
        'angular.json': json({
          projects: { shop: { architect: { build: { builder: '@angular/build:application' } } } },
        }),
      }),
      ['frontend: Angular ./dist/shop/browser'],
    ],
    [
      'a page that is checked in',
      { 'public/index.html': '', 'public/a/index.html': '' },
      ['frontend: plain public/.'],
    ],
    ['a page of a service', { Dockerfile: 'FROM node\nEXPOSE 80', 'public/index.html': '' }, ['backend: .']],
    [
      'a site in a container',
      {
        'web/Dockerfile': 'FROM node AS b\nFROM nginx:1',
        'web/package.json': json({ devDependencies: { vite: '7' } }),
      },
      ['web: Vite web/dist'],
    ],
    [
      'two services and a worker',
      { 'api/Dockerfile': 'EXPOSE 1', 'Dockerfile.worker': 'FROM python', 'admin/Dockerfile': 'EXPOSE 1' },
      ['worker: . (worker)', 'admin: admin', 'api: api'],
    ],
    ['Dockerfiles of development', { 'Dockerfile.dev': 'FROM a', '.devcontainer/Dockerfile': 'FROM a' }, []],
    ['packages and examples', { 'node_modules/a/index.html': '', 'examples/app/Dockerfile': 'FROM a' }, []],
    ['a manifest that is not JSON', { 'package.json': '{' }, []],
  ])('%s', (_name, files, expected) => expect(found(files)).toEqual(expected));
});

test.each([
  ['plain', 'plain'],
  ['npm run build', 'npm run build'],
  ['${NAME}', '${NAME}'],
  ['arn:aws:ecs:x:1:service/a/b', 'arn:aws:ecs:x:1:service/a/b'],
  ['true', '"true"'],
  ['a: b', '"a: b"'],
  ['a # b', '"a # b"'],
  ['**/*.map', '"**/*.map"'],
  ['1.0', '"1.0"'],
  ['', '""'],
  ['a\nb: c', '"a\\nb: c"'],
])('a scalar %j is written as %s', (value, written) => {
  expect(scalar(value)).toBe(written);
  expect(parse(`a: ${written}`)).toEqual({ a: value });
});
