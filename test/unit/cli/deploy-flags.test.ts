import { expect, it } from 'vitest';
import { COMMANDS } from '../../../src/cli/commands.ts';
import { parseFlags } from '../../../src/cli/flags.ts';

const deploy = COMMANDS['deploy'] as NonNullable<(typeof COMMANDS)[string]>;

it('gathers variables, images and sites, one flag each', () => {
  const args = ['--var', 'A=1', '--var=B=x=y', '--image', 'api=r@sha256:1', '--image', 'worker=r@sha256:2'];
  expect(parseFlags(deploy, [...args, '--site', 'web=out'], {}).inputs).toMatchObject({
    variables: 'A=1\nB=x=y',
    images: 'api=r@sha256:1\nworker=r@sha256:2',
    sites: 'web=out',
  });
});
