import { describe, expect, it } from 'vitest';
import { commandOf, environmentOf } from '../../../../local-cloud/images/instance.ts';
import { choosePlatform, LINUX_AMD64, suits } from '../../../../local-cloud/images/platform.ts';
import type { PulledImage } from '../../../../local-cloud/images/pull.ts';
import { parseImage } from '../../../../local-cloud/images/reference.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('parseImage', () => {
  it.each([
    ['127.0.0.1:4566/team/app', { registry: 'local', repository: 'team/app', tag: 'latest' }],
    ['127.0.0.1:4566/app:v1', { registry: 'local', tag: 'v1' }],
    [`localhost:5000/app@${DIGEST}`, { registry: 'local', digest: DIGEST }],
    [`127.0.0.1:1/app:v1@${DIGEST}`, { tag: 'v1', digest: DIGEST }],
    [
      '123456789012.dkr.ecr.eu-west-1.amazonaws.com/a/b:c',
      { registry: 'ecr', region: 'eu-west-1', repository: 'a/b' },
    ],
    ['public.ecr.aws/x/y:z', { registry: 'other', host: 'public.ecr.aws' }],
    ['nginx', { registry: 'other', host: 'docker.io', repository: 'nginx' }],
  ])('%s', (text, wanted) => expect(parseImage(text)).toMatchObject(wanted));

  it.each(['', 'Upper/case', 'a b', '127.0.0.1:1/app@sha256:short', '127.0.0.1:1/app:'])(
    'refuses %j',
    (text) => expect(parseImage(text)).toBeUndefined(),
  );
});

describe('choosePlatform', () => {
  const of = (os: string, architecture: string, variant?: string) => ({
    mediaType: 'm',
    digest: `${os}/${architecture}/${variant ?? ''}`,
    size: 1,
    platform: { os, architecture, ...(variant ? { variant } : {}) },
  });
  const index = [
    of('unknown', 'unknown'),
    of('linux', 'arm64', 'v8'),
    of('linux', 'amd64'),
    of('windows', 'amd64'),
  ];

  it.each([
    [LINUX_AMD64, 'linux/amd64/'],
    [{ os: 'linux', architecture: 'arm64' }, 'linux/arm64/v8'],
    [{ os: 'linux', architecture: 'arm64', variant: 'v7' }, undefined],
    [{ os: 'linux', architecture: 's390x' }, undefined],
  ])('%j', (wanted, digest) => expect(choosePlatform(index, wanted)?.digest).toBe(digest));

  it('takes no manifest without a platform', () => {
    expect(choosePlatform([{ mediaType: 'm', digest: 'd', size: 1 }], LINUX_AMD64)).toBeUndefined();
    expect(suits({ os: 'linux', architecture: 'arm64' }, LINUX_AMD64)).toBe(false);
  });
});

describe('the command of a container', () => {
  const image = (Entrypoint: string[] | null, Cmd: string[] | null) =>
    ({ config: { config: { Entrypoint, Cmd, Env: ['A=image', 'B=b=c'] } } }) as unknown as PulledImage;
  const both = image(['entry'], ['cmd']);

  it.each([
    ['as the image says', { image: both }, ['entry', 'cmd']],
    ['with a command', { image: both, command: ['x', 'y'] }, ['entry', 'x', 'y']],
    ['with an entry point, which drops the command', { image: both, entryPoint: ['e'] }, ['e']],
    ['with both', { image: both, entryPoint: ['e'], command: ['c'] }, ['e', 'c']],
    ['with empty ones, which are none', { image: both, entryPoint: [], command: [] }, ['entry', 'cmd']],
    ['of an image without an entry point', { image: image(null, ['cmd']) }, ['cmd']],
  ])('%s', (_, spec, wanted) => expect(commandOf(spec)).toEqual(wanted));

  it('has its own environment on top of the image', () =>
    expect(environmentOf({ image: both, env: { A: 'mine' } })).toEqual({ A: 'mine', B: 'b=c' }));
});
