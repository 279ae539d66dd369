import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineLauncher, runArguments } from '../../../../local-cloud/images/engine.ts';
import type { LaunchSpec } from '../../../../local-cloud/images/instance.ts';
import { ProcessLauncher } from '../../../../local-cloud/images/process.ts';
import type { PulledImage } from '../../../../local-cloud/images/pull.ts';
import { RootFilesystems } from '../../../../local-cloud/images/rootfs.ts';
import { ImageStore } from '../../../../local-cloud/services/registry/store.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'engine-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** A stand-in for an engine's command line: notes what it was asked for, and answers as it is told to. */
function engine(onRun: string, running = false): string {
  const path = join(dir, 'engine.mjs');
  const said = JSON.stringify(join(dir, 'said'));
  writeFileSync(
    path,
    `#!${process.execPath}
import { appendFileSync, readFileSync } from 'node:fs';
const args = process.argv.slice(2);
appendFileSync(${said}, args.join(' ') + '\\n');
if (args[0] === 'load') appendFileSync(${said}, readFileSync(0).includes('manifest.json') + '\\n');
if (args[0] === 'inspect') console.log(${running});
if (args[0] === 'run') { ${onRun} }
`,
  );
  chmodSync(path, 0o755);
  return path;
}

function spec(images: ImageStore, lines: string[], config: object): LaunchSpec {
  const digest = `sha256:${'a'.repeat(64)}`;
  writeFileSync(images.blobPath(digest), '{}');
  const image: PulledImage = {
    reference: 'app',
    digest,
    manifestDigest: digest,
    config: { config },
    configDigest: digest,
    layers: [],
    platform: { os: 'linux', architecture: 'amd64' },
    suits: true,
  };
  return { images, image, env: { TOKEN: 'secret value' }, port: 8080, onLine: (line) => lines.push(line) };
}

const launcher = (path: string, log: string[] = []) =>
  new EngineLauncher(path, new ProcessLauncher(new RootFilesystems(dir)), (line) => log.push(line));
const asked = () => readFileSync(join(dir, 'said'), 'utf8').trim().split('\n');

describe('EngineLauncher', () => {
  it('loads the image once, runs it with its port mapped, and stops it; no value is an argument', async () => {
    const path = engine("console.log('token', process.env.TOKEN); setInterval(() => {}, 1000);", true);
    const lines: string[] = [];
    const images = new ImageStore(join(dir, 'images'));
    const given = spec(images, lines, { Cmd: ['/bin/app'] });
    const shared = launcher(path);
    const instance = await shared.launch(given);
    while (lines.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(lines).toEqual(['token secret value']);
    expect(asked().slice(0, 2)).toEqual(['load', 'true']);
    // The engine's answers are waited for side by side with looks at the container: only `run` itself is certain.
    expect(asked().find((line) => line.startsWith('run '))).toMatch(
      /^run .*--publish 127\.0\.0\.1:\d+:8080 --env TOKEN localhost\/local-cloud:a{20}$/,
    );
    expect((await instance.stop(2000)).code).toBe(137);
    await (await shared.launch(given)).stop(2000);
    expect(asked().filter((line) => line === 'load')).toHaveLength(1);
  });

  it('leaves `node` to a process where the image has none', async () => {
    const lines: string[] = [];
    const path = engine('');
    const images = new ImageStore(join(dir, 'images'));
    const given = spec(images, lines, { Cmd: ['node', '-e', 'console.log(process.env.TOKEN)'] });
    const instance = await launcher(path).launch(given);
    expect(await instance.exited).toEqual({ code: 0 });
    expect(lines).toEqual(['secret value']);
    expect(asked).toThrow('ENOENT');
  });

  it('gives an engine up that cannot run anything, and not for an image that is at fault', async () => {
    const log: string[] = [];
    const images = new ImageStore(join(dir, 'images'));
    const broken = launcher(
      engine("console.error('Error: setrlimit: Operation not permitted'); process.exit(126);"),
      log,
    );
    await broken.launch(spec(images, [], { Cmd: ['/bin/app'] }));
    expect(log[0]).toContain('images run as processes');
    const fault = launcher(
      engine('console.error(\'exec: "/bin/app": executable file not found in $PATH\'); process.exit(127);'),
      log,
    );
    const instance = await fault.launch(spec(images, [], { Cmd: ['/bin/app'] }));
    expect(instance.exit?.startError).toContain('executable file not found');
    expect(log).toHaveLength(1);
  });
});

it.each([
  ['nothing but the image', {}, 'run --rm --name n --pull never image'],
  [
    'an entry point of several words',
    { entryPoint: ['a', 'b'], command: ['c'] },
    'run --rm --name n --pull never --entrypoint a image b c',
  ],
  [
    'a port and a folder',
    { port: 80, workdir: '/w' },
    'run --rm --name n --pull never --publish 127.0.0.1:9:80 --workdir /w image',
  ],
])('runArguments: %s', (_, given, wanted) =>
  expect(runArguments(given, 'n', 'image', 9, []).join(' ')).toBe(wanted),
);
