import type { PartSettings, Setting } from '../../runtime/document/setting.ts';

const TEXT = { is: 'text' } as const;
const FLAG = { is: 'flag' } as const;
const LINES = { is: 'lines' } as const;
const GLOBS = { is: 'pairs', between: ': ' } as const;

/** Keys of a site in the release file, in the order in which the docs tell them. */
const SETTINGS: readonly Setting[] = [
  { key: 'bucket', input: 'bucket', form: TEXT },
  { key: 'prefix', input: 'prefix', form: TEXT },
  { key: 'distribution', input: 'distribution', form: LINES },
  { key: 'site-url', input: 'site-url', form: TEXT },
  { key: 'source', input: 'source', form: { is: 'path' } },
  { key: 'cache-control', input: 'cache-control', form: GLOBS },
  { key: 'headers', input: 'headers', form: { is: 'headers' } },
  { key: 'exclude', input: 'exclude', form: LINES },
  { key: 'dotfiles', input: 'dotfiles', form: FLAG },
  { key: 'precompress', input: 'precompress', form: GLOBS },
  { key: 'acl', input: 'acl', form: { is: 'choice', of: ['public-read'] } },
  { key: 'encryption', input: 'encryption', form: TEXT },
  { key: 'index', input: 'index', form: LINES },
  { key: 'allow-missing', input: 'allow-missing', form: LINES },
  { key: 'allow-files', input: 'allow-files', form: LINES },
  { key: 'retain-releases', input: 'retain-releases', form: { is: 'number', min: 0, max: 100 } },
  { key: 'keep-releases', input: 'keep-releases', form: { is: 'number', min: 1, max: 1000 } },
  { key: 'max-delete', input: 'max-delete', form: { is: 'percentage', orNumber: true } },
  {
    key: 'max-invalidation-paths',
    input: 'max-invalidation-paths',
    form: { is: 'number', min: 1, max: 3000 },
  },
  { key: 'wait-for-invalidation', input: 'wait-for-invalidation', form: FLAG },
  { key: 'verify', input: 'verify', form: { is: 'choice', of: ['true', 'pages', 'false'] } },
  { key: 'concurrency', input: 'concurrency', form: { is: 'number', min: 1, max: 512, or: ['auto'] } },
  { key: 'checks', input: 'smoke-checks', form: { is: 'path' } },
  { key: 'wait-timeout', input: 'wait-timeout', form: { is: 'duration' } },
];

/** Keys of `build`: inputs of the action `test`, which runs a command of a folder with what it needs. `output` is besides. */
const BUILD: readonly Setting[] = [
  { key: 'directory', input: 'working-directory', form: { is: 'path' } },
  { key: 'command', input: 'command', form: { is: 'text', literal: true } },
  { key: 'node-version', input: 'node-version', form: TEXT },
  { key: 'python-version', input: 'python-version', form: TEXT },
];

/** What a site may say of itself in the release file. */
export const siteSettings: PartSettings = {
  kind: 'site',
  mark: 'bucket',
  action: 'deploy-frontend',
  settings: SETTINGS,
  identity: ['bucket', 'prefix'],
  source: 'build',
  build: {
    action: 'test',
    settings: BUILD,
    perRun: {
      secrets: 'values of secrets stand in no file',
      title: 'a heading of the job summary',
    },
  },
  elsewhere: {},
  perRun: {
    'verify-headers': 'values of secrets stand in no file',
  },
};
