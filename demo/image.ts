import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pushOciLayout, writeOciLayout } from './oci-layout.ts';

/** What a container build of the app's Dockerfile would leave, as an OCI layout: the demo needs no container engine. */
export async function buildImage(backend: string, commit: string, out: string): Promise<string> {
  const files: Record<string, string> = { COMMIT: `${commit}\n` };
  for (const name of ['package.json', 'server.js', 'healthcheck.js'])
    files[name] = readFileSync(join(backend, name), 'utf8');
  for (const folder of ['src', 'data'])
    for (const name of readdirSync(join(backend, folder)))
      files[`${folder}/${name}`] = readFileSync(join(backend, folder, name), 'utf8');
  return write(files, out);
}

/** The image that a new service runs until its first release. */
export async function pushFirstImage(endpoint: string, repository: string, out: string): Promise<string> {
  const server = `import { createServer } from 'node:http';
const server = createServer((_request, response) => response.end('{"status":"waiting for the first release"}'));
server.listen(process.env.PORT);
process.on('SIGTERM', () => server.close(() => process.exit(0)));
`;
  await write({ 'package.json': '{"type":"module"}', 'server.js': server }, out);
  const { image } = await pushOciLayout(out, endpoint, repository, 'first-image', {
    createRepository: false,
  });
  return image;
}

async function write(files: Readonly<Record<string, string>>, out: string): Promise<string> {
  mkdirSync(out, { recursive: true });
  await writeOciLayout({ files, command: ['node', 'server.js'], port: 8000 }, out);
  return out;
}
