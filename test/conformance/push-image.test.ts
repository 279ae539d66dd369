import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { BUILDAH_ENV, writeContext, writeLayout } from '../support/image.ts';
import { type ActionRun, runAction } from '../support/run-action.ts';
import { hasTool, missingTools } from '../support/tools.ts';

const asked = process.env['WWHD_CONFORMANCE'] === '1';
if (!asked)
  console.log('skipped: push-image with a real engine and a real registry needs WWHD_CONFORMANCE=1');
const skip =
  !asked || missingTools('push-image with a real engine and a real registry', ['buildah', 'docker-registry']);
const commit = (digit: string) => digit.repeat(40);

describe.skipIf(skip)('push-image, with buildah and docker-registry', () => {
  let registry: DockerRegistry;
  let dir: string;
  let env: Record<string, string>;

  beforeAll(async () => {
    registry = await startDockerRegistry();
    dir = mkdtempSync(join(tmpdir(), 'wwhd-push-'));
    const storage = `[storage]\ndriver = "vfs"\ngraphroot = "${dir}/graph"\nrunroot = "${dir}/run"\n`;
    spawnSync('tee', [join(dir, 'storage.conf')], { input: storage });
    // Wrong credentials, and no region: no AWS can be asked by mistake.
    env = { ...BUILDAH_ENV, CONTAINERS_STORAGE_CONF: join(dir, 'storage.conf'), AWS_REGION: '' };
    writeContext(join(dir, 'app'));
  });
  afterAll(async () => {
    await registry.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const push = (inputs: Record<string, string>, of = commit('a')): Promise<ActionRun> =>
    runAction(
      'push-image',
      { repository: `${registry.host}/team/app`, context: 'app', engine: 'buildah', ...inputs },
      { env, cwd: dir, commit: of },
    );
  const manifestOf = async (tag: string) => {
    const answer = await fetch(`http://${registry.host}/v2/team/app/manifests/${tag}`, {
      headers: { accept: 'application/vnd.oci.image.manifest.v1+json' },
    });
    const digest = answer.headers.get('docker-content-digest');
    return { status: answer.status, digest, body: (await answer.json()) as Record<string, unknown> };
  };

  it('builds, pushes, and answers with the digest that the registry has', async () => {
    const run = await push({ 'build-args': 'COLOUR=blue', target: '', tags: 'main' });
    expect(run.log).not.toMatch(/::error/);
    expect(run.exitCode).toBe(0);
    const there = await manifestOf('sha-aaaaaaaaaaaa');
    expect(run.outputs).toMatchObject({
      outcome: 'deployed',
      pushed: 'true',
      tag: 'sha-aaaaaaaaaaaa',
      digest: there.digest,
      image: `${registry.host}/team/app@${there.digest}`,
    });
    expect((await manifestOf('main')).digest).toBe(there.digest);
    const { config } = there.body as { config: { digest: string } };
    const blob = await fetch(`http://${registry.host}/v2/team/app/blobs/${config.digest}`);
    const labels = ((await blob.json()) as { config: { Labels: Record<string, string> } }).config.Labels;
    expect(labels).toMatchObject({ colour: 'blue', 'org.opencontainers.image.revision': commit('a') });
  });

  it.skipIf(missingTools('push-image with podman', ['podman']))(
    'builds and pushes with podman, too, and keeps layers in the registry',
    async () => {
      const podman = { engine: 'podman', 'build-args': 'COLOUR=green' };
      const run = await push(podman, commit('7'));
      expect(run.log).not.toMatch(/::error/);
      const there = await manifestOf('sha-777777777777');
      expect(run.outputs).toMatchObject({ outcome: 'deployed', pushed: 'true', digest: there.digest });
      const { config } = there.body as { config: { digest: string } };
      const blob = await fetch(`http://${registry.host}/v2/team/app/blobs/${config.digest}`);
      const made = (await blob.json()) as {
        architecture: string;
        config: { Labels: Record<string, string> };
      };
      expect(made.architecture).toBe('amd64');
      expect(made.config.Labels).toMatchObject({ colour: 'green' });
      const cached = await push({ ...podman, cache: 'registry' }, commit('8'));
      expect(cached.exitCode, cached.log).toBe(0);
      const failed = await push({ ...podman, target: 'no-such-stage' }, commit('9'));
      expect(failed.outputs['outcome']).toBe('failed');
      expect(failed.log).toMatch(/::error::.*podman build.*ended with/);
    },
  );

  it.skipIf(!hasTool('docker'))('says that docker has no daemon, and what to do', async () => {
    const nowhere = { env: { ...env, DOCKER_HOST: `unix://${dir}/no.sock` }, cwd: dir, commit: commit('6') };
    const inputs = { repository: `${registry.host}/team/app`, context: 'app', engine: 'docker' };
    const run = await runAction('push-image', inputs, nowhere);
    expect([run.exitCode, run.outputs['outcome']]).toEqual([2, 'refused']);
    expect(run.log).toMatch(
      /input `engine`: docker cannot build an image here.*Cannot connect to the Docker daemon/s,
    );
    expect(run.log).toContain('run on ubuntu-latest');
    expect((await manifestOf('sha-666666666666')).status).toBe(404);
  });

  it('does not build what is there already, and moves a further tag to it', async () => {
    const args = { 'build-args': 'COLOUR=blue' };
    const run = await push({ ...args, engine: 'docker', tags: 'main' });
    expect(run.outputs).toMatchObject({ outcome: 'unchanged', pushed: 'false' });
    expect(run.log).toContain('is there already');
    const moved = await push({ ...args, engine: 'docker', tags: 'main, v1.2.3' });
    expect(moved.outputs).toMatchObject({ outcome: 'deployed', digest: run.outputs['digest'] });
    expect((await manifestOf('v1.2.3')).digest).toBe(run.outputs['digest']);
  });

  it('makes two images of one commit where two things are asked for', async () => {
    const first = await push({ 'build-args': 'COLOUR=staging' }, commit('2'));
    const second = await push({ 'build-args': 'COLOUR=production' }, commit('2'));
    expect(first.outputs['tag']).toBe('sha-222222222222');
    expect(second.outputs['outcome'], second.log).toBe('deployed');
    expect(second.outputs['digest']).not.toBe(first.outputs['digest']);
    expect(second.outputs['tag']).toMatch(/^sha-222222222222-[0-9a-f]{8}$/);
    expect((await manifestOf('sha-222222222222')).digest).toBe(first.outputs['digest']);
    expect((await manifestOf(second.outputs['tag'] ?? '')).digest).toBe(second.outputs['digest']);
    writeFileSync(join(dir, 'app/hello.txt'), 'another file');
    const third = await push({ 'build-args': 'COLOUR=staging' }, commit('2'));
    writeContext(join(dir, 'app'));
    expect(third.outputs['digest']).not.toBe(first.outputs['digest']);
    const again = await push({ 'build-args': 'COLOUR=production' }, commit('2'));
    expect(again.outputs).toMatchObject({ outcome: 'unchanged', digest: second.outputs['digest'] });
  });

  it('builds anew on purpose, under a tag with the time', async () => {
    const first = await push({}, commit('3'));
    const run = await push({ rebuild: 'true' }, commit('3'));
    expect(run.outputs, run.log).toMatchObject({ outcome: 'deployed', pushed: 'true' });
    expect(run.outputs['tag']).toMatch(/^sha-333333333333-\d{8}T\d{6}Z$/);
    expect((await manifestOf('sha-333333333333')).digest).toBe(first.outputs['digest']);
  });

  it('plans without building, and builds without pushing', async () => {
    const planned = await push({ 'dry-run': 'true' }, commit('b'));
    expect(planned.outputs).toMatchObject({ outcome: 'planned', pushed: 'false' });
    expect(JSON.parse(planned.outputs['plan'] ?? '')).toMatchObject({
      action: 'build-and-push',
      engine: 'buildah',
    });
    const built = await push({ push: 'false' }, commit('b'));
    expect(built.outputs).toMatchObject({ outcome: 'planned', pushed: 'false' });
    expect((await manifestOf('sha-bbbbbbbbbbbb')).status).toBe(404);
  });

  it('keeps layers in the registry when asked to', async () => {
    const first = await push({ cache: 'registry' }, commit('c'));
    expect(first.exitCode, first.log).toBe(0);
    const again = await push({ cache: 'registry' }, commit('d'));
    expect(again.exitCode).toBe(0);
    const tags = await fetch(`http://${registry.host}/v2/team/app/cache/tags/list`);
    expect(tags.status).toBe(200);
  });

  it('says what the engine said when the build fails', async () => {
    const run = await push({ target: 'no-such-stage' }, commit('e'));
    expect(run.outputs['outcome']).toBe('failed');
    expect(run.log).toMatch(/::error::.*buildah build.*ended with/);
    expect(run.log).toContain('no-such-stage');
    expect((await manifestOf('sha-eeeeeeeeeeee')).status).toBe(404);
  });

  it('pushes an image layout without any engine, and sends no blob twice', async () => {
    const layout = writeLayout(join(dir, 'layout'), { layer: Buffer.alloc(3_000_000, 7) });
    const run = await push({ 'oci-layout': 'layout', engine: 'docker' }, commit('f'));
    expect(run.outputs, run.log).toMatchObject({ outcome: 'deployed', digest: layout.digest });
    expect((await manifestOf('sha-ffffffffffff')).digest).toBe(layout.digest);
    const again = await push({ 'oci-layout': 'layout' }, commit('0'));
    expect(again.log.match(/there already/g)).toHaveLength(2);
    expect(again.log).not.toContain('sending');
  });

  it('pushes what buildah wrote as an archive', async () => {
    const buildah = (...args: string[]) =>
      spawnSync('buildah', args, { cwd: dir, env: { ...process.env, ...env }, encoding: 'utf8' });
    expect(buildah('bud', '--tag', 'localhost/made:1', 'app').status).toBe(0);
    expect(buildah('push', 'localhost/made:1', `oci-archive:${join(dir, 'made.tar')}`).status).toBe(0);
    const run = await push({ 'oci-layout': 'made.tar' }, commit('1'));
    expect(run.outputs, run.log).toMatchObject({ outcome: 'deployed' });
    expect((await manifestOf('sha-111111111111')).digest).toBe(run.outputs['digest']);
    const pulled = buildah('pull', '--tls-verify=false', `${run.outputs['image']}`);
    expect(pulled.status, pulled.stderr).toBe(0);
  });
});
