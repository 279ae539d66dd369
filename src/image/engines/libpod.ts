import { join } from 'node:path';
import { type BuildRequest, type Command, commonArgs, type Engine, plainDigest } from './engine.ts';

/** podman and buildah: one family, with the same options under two names. */
function libpod(name: 'podman' | 'buildah'): Engine {
  const tls = (insecure: boolean) => (insecure ? ['--tls-verify=false'] : []);
  return {
    name,
    // `info` reads the storage: a buildah that is installed but cannot work here says so now.
    probe: { command: name, args: ['info'] },
    caches: ['registry', 'none'],
    login: (host, username, insecure) => [
      'login',
      ...tls(insecure),
      '--username',
      username,
      '--password-stdin',
      host,
    ],
    logout: (host) => ({ command: name, args: ['logout', host] }),
    build: (request) => [
      build(name, request, tls(request.insecure)),
      ...(request.push
        ? [
            {
              command: name,
              args: [
                'push',
                ...tls(request.insecure),
                '--digestfile',
                join(request.scratch, 'digest'),
                request.reference,
              ],
            },
          ]
        : []),
    ],
    digestFile: 'digest',
    readDigest: plainDigest,
  };
}

function build(name: string, request: BuildRequest, access: readonly string[]): Command {
  const repository = request.reference.slice(0, request.reference.lastIndexOf(':'));
  // These two keep each layer under a tag of its own, made from the layer's inputs.
  const layers = ['--layers', '--cache-from', `${repository}/cache`];
  const writes = request.push ? ['--cache-to', `${repository}/cache`] : [];
  return {
    command: name,
    args: [
      'build',
      ...access,
      ...commonArgs(request.spec),
      ...(request.spec.fresh ? ['--pull=always'] : []),
      ...(request.cache === 'registry' ? [...layers, ...writes] : []),
      '--tag',
      request.reference,
      request.spec.context,
    ],
  };
}

export const podman = libpod('podman');
export const buildah = libpod('buildah');
