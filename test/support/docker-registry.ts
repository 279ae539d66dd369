import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { takePort } from '../../local-cloud/images/ports.ts';
import { until } from './until.ts';

export interface DockerRegistry {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  stop(): Promise<void>;
}

/** Debian's docker-registry: a registry that no one here wrote. */
export async function startDockerRegistry(): Promise<DockerRegistry> {
  const dir = mkdtempSync(join(tmpdir(), 'wwhd-registry-'));
  const host = `127.0.0.1:${await takePort()}`;
  const config = join(dir, 'config.json');
  const document = {
    version: 0.1,
    log: { level: 'error' },
    storage: { filesystem: { rootdirectory: join(dir, 'data') } },
    http: { addr: host },
  };
  // YAML contains JSON.
  writeFileSync(config, JSON.stringify(document));
  const child = spawn('docker-registry', ['serve', config], { stdio: 'ignore' });
  await until(
    () =>
      fetch(`http://${host}/v2/`).then(
        (answer) => answer.ok,
        () => false,
      ),
    'docker-registry',
  );
  return {
    host,
    async stop() {
      child.kill('SIGTERM');
      await once(child, 'exit');
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
