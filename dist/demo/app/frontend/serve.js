// Builds the site and serves it on port 3000 (PORT), for `compose.yaml` and for a look at it on a laptop.
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.js';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
};
const here = dirname(fileURLToPath(import.meta.url));
const out = mkdtempSync(join(tmpdir(), 'wwhd-site-'));
build({
  out,
  answersFile: process.env.ANSWERS ?? join(here, '../backend/data/answers.json'),
  apiUrl: process.env.API_URL ?? 'http://localhost:8000',
  commit: 'development',
});

const server = createServer((request, response) => {
  const path = normalize(new URL(request.url, 'http://site').pathname);
  const file = join(out, path.endsWith('/') ? join(path, 'index.html') : path);
  const found = file.startsWith(out) && extname(file) !== '' && existsSync(file);
  const served = found ? file : join(out, '404.html');
  response.writeHead(found ? 200 : 404, {
    'content-type': TYPES[extname(served)] ?? 'application/octet-stream',
  });
  response.end(readFileSync(served));
});
server.listen(Number(process.env.PORT ?? 3000), () =>
  console.log(`http://localhost:${server.address().port}`),
);
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
