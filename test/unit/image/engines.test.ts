import { describe, expect, it } from 'vitest';
import { chooseCache, chooseEngine } from '../../../src/image/engines/choose.ts';
import { buildx, classicDocker } from '../../../src/image/engines/docker.ts';
import type { BuildRequest, Cache, Engine } from '../../../src/image/engines/engine.ts';
import { buildah, podman } from '../../../src/image/engines/libpod.ts';
import { silentLog } from '../../../src/runtime/log.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const request: BuildRequest = {
  spec: {
    context: '/w/app',
    dockerfile: '/w/app/Dockerfile',
    target: 'web',
    buildArgs: [['A', 'b c; $(d)']],
    platform: 'linux/amd64',
    labels: [['l', 'v']],
    buildContexts: [],
    secrets: [],
    ssh: [],
    fresh: false,
  },
  reference: 'r.example:5000/app:sha-1',
  cache: 'none',
  push: true,
  insecure: false,
  scratch: '/s',
};
const lines = (engine: Engine, change: Partial<BuildRequest> = {}) =>
  engine.build({ ...request, ...change }).map(({ command, args }) => [command, ...args].join(' '));
const common =
  '--file /w/app/Dockerfile --platform linux/amd64 --target web --build-arg A=b c; $(d) --label l=v';

describe('the commands of an engine', () => {
  it('docker with buildx: builds and pushes in one go, without attestations', () => {
    expect(lines(buildx)).toEqual([
      `docker buildx build ${common} --provenance=false --sbom=false --metadata-file /s/metadata.json --tag r.example:5000/app:sha-1 --push /w/app`,
    ]);
    expect(lines(buildx, { push: false })[0]).not.toContain('--push');
    expect(lines(buildx, { builder: 'mine' })[0]).toContain('buildx build --builder mine');
  });

  it.each([
    ['docker with buildx', buildx, '--pull '],
    ['podman', podman, '--pull=always'],
    ['buildah', buildah, '--pull=always'],
  ] as const)('%s: secrets, agents, contexts, and a build from the beginning', (_name, engine, pull) => {
    const spec = {
      ...request.spec,
      buildContexts: [['lib', '../lib']] as const,
      secrets: [['npm', '/s/secret-0']] as const,
      ssh: ['default'],
      fresh: true,
    };
    const [line = ''] = lines(engine, { spec });
    expect(line).toContain(
      '--build-context lib=../lib --secret id=npm,src=/s/secret-0 --ssh default --no-cache',
    );
    expect(line).toContain(pull);
  });

  it.each([
    ['gha', true, '--cache-from type=gha --cache-to type=gha,mode=max'],
    ['gha', false, '--cache-from type=gha --metadata-file'],
    [
      'registry',
      true,
      '--cache-from type=registry,ref=r.example:5000/app:buildcache --cache-to type=registry,ref=r.example:5000/app:buildcache,mode=max,image-manifest=true,oci-mediatypes=true',
    ],
  ] as const)('buildx with cache %s, push %s', (cache, push, text) => {
    expect(lines(buildx, { cache, push })[0]).toContain(text);
  });

  it('docker without buildx: builds, then pushes', () => {
    expect(lines(classicDocker)).toEqual([
      `docker build ${common} --tag r.example:5000/app:sha-1 /w/app`,
      'docker push r.example:5000/app:sha-1',
    ]);
    expect(lines(classicDocker, { push: false })).toHaveLength(1);
  });

  it.each([
    ['podman', podman],
    ['buildah', buildah],
  ] as const)('%s: builds, then pushes with a digest file', (name, engine) => {
    expect(lines(engine)).toEqual([
      `${name} build ${common} --tag r.example:5000/app:sha-1 /w/app`,
      `${name} push --digestfile /s/digest r.example:5000/app:sha-1`,
    ]);
    expect(lines(engine, { cache: 'registry' })[0]).toContain(
      '--layers --cache-from r.example:5000/app/cache --cache-to r.example:5000/app/cache',
    );
  });

  it('speaks plain HTTP only when told that the registry is on this machine', () => {
    for (const engine of [podman, buildah]) {
      expect(lines(engine).join()).not.toContain('tls');
      expect(lines(engine, { insecure: true }).every((l) => l.includes('--tls-verify=false'))).toBe(true);
    }
  });

  it.each([buildx, classicDocker, podman, buildah])(
    'never has a password in an argument ($name)',
    (engine) => {
      const args = engine.login('h', 'AWS', false);
      expect(args).toEqual(expect.arrayContaining(['--username', 'AWS', '--password-stdin', 'h']));
      expect(engine.logout('h').args).toEqual(['logout', 'h']);
    },
  );
});

describe('the digest that an engine says it pushed', () => {
  it.each([
    ['a manifest', { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest }, digest],
    [
      "Docker's manifest",
      { mediaType: 'application/vnd.docker.distribution.manifest.v2+json', digest },
      digest,
    ],
    ['an index', { mediaType: 'application/vnd.oci.image.index.v1+json', digest }, undefined],
    ['a configuration', { mediaType: 'application/vnd.docker.container.image.v1+json', digest }, undefined],
    ['nothing', undefined, undefined],
  ])('buildx with %s', (_name, descriptor, found) => {
    const text = JSON.stringify({ 'containerimage.digest': digest, 'containerimage.descriptor': descriptor });
    expect(buildx.readDigest(text)).toBe(found);
  });

  it.each([
    [`${digest}\n`, digest],
    [digest, digest],
    ['sha256:short', undefined],
    ['', undefined],
  ])('buildah with %j', (text, found) => {
    expect(buildah.readDigest(text)).toBe(found);
  });
});

describe('which engine', () => {
  const answering = (...works: string[]) => ({
    log: silentLog,
    exec: async (command: string, args: readonly string[]) => {
      const ok = works.includes([command, args[0]].join(' '));
      return { code: ok ? 0 : 1, stdout: '', stderr: ok ? '' : `${command}: no` };
    },
  });

  it.each([
    ['auto', ['docker version', 'docker buildx', 'podman info'], buildx],
    ['auto', ['docker version', 'podman info'], classicDocker],
    // The client is there, and its daemon is down.
    ['auto', ['docker buildx', 'podman info', 'buildah info'], podman],
    ['auto', ['buildah info'], buildah],
    ['podman', ['docker version', 'docker buildx', 'podman info'], podman],
    ['docker', ['docker version'], classicDocker],
  ] as const)('%s where these answer: %j', async (wanted, works, engine) => {
    expect(await chooseEngine(wanted, answering(...works))).toBe(engine);
  });

  it('refuses with what each of them said', async () => {
    await expect(chooseEngine('auto', answering())).rejects.toMatchObject({
      outcome: 'refused',
      problem: { input: 'engine', found: 'docker with buildx: docker: no' },
    });
    await expect(chooseEngine('buildah', answering('docker version'))).rejects.toThrow(
      /buildah cannot build/,
    );
  });
});

describe('which cache', () => {
  const here = { ghaHere: true, immutableTags: false, registry: true };
  const rows: Array<[Cache, Engine, Partial<typeof here>, string]> = [
    ['auto', buildx, {}, 'gha'],
    ['auto', buildx, { ghaHere: false }, 'none'],
    ['auto', classicDocker, {}, 'none'],
    ['auto', buildah, {}, 'none'],
    ['gha', buildx, {}, 'gha'],
    ['gha', buildx, { ghaHere: false }, 'refused'],
    ['gha', buildah, {}, 'refused'],
    ['gha', classicDocker, {}, 'refused'],
    ['registry', buildx, {}, 'registry'],
    ['registry', buildx, { immutableTags: true }, 'refused'],
    ['registry', buildx, { registry: false }, 'none'],
    ['registry', classicDocker, {}, 'refused'],
    ['registry', buildah, { immutableTags: true }, 'registry'],
    ['registry', podman, {}, 'registry'],
    ['none', buildx, {}, 'none'],
    ['none', podman, {}, 'none'],
  ];
  it.each(rows)('%s with $name %j: %s', (wanted, engine, change, found) => {
    const choose = () => chooseCache(wanted, engine, { ...here, ...change });
    if (found === 'refused') expect(choose).toThrow(/input `cache`/);
    else expect(choose()).toBe(found);
  });
});
