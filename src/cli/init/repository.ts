import { posix } from 'node:path';
import type { Found, Repository, ServiceFound } from './found.ts';
import { siteOf } from './frameworks.ts';

/** Looks for services (Dockerfiles) and sites (front-end frameworks, or a page that is checked in). */
export function findParts(repository: Repository): Found[] {
  const images = repository.files.filter((path) => isDockerfile(posix.basename(path)) && isOurs(path));
  const services = images.flatMap((path) => serviceOf(path, images, repository) ?? []);
  const folders = new Set(
    repository.files
      .filter(
        (path) => isOurs(path) && /(^|\/)(package\.json|index\.html|mkdocs\.yml|hugo\.toml)$/.test(path),
      )
      .map((path) => posix.dirname(path)),
  );
  const sites = [...folders].flatMap((folder) => siteOf(folder, repository) ?? []);
  // A page within the folder of a site, or of a service, belongs to it.
  const outer = sites.filter(
    (site) =>
      !sites.some((other) => other !== site && isWithin(site.directory, other.directory)) &&
      !(site.command === undefined && services.some(({ context }) => isWithin(site.directory, context))),
  );
  return named([...services, ...outer]);
}

const isDockerfile = (name: string) =>
  /^(Dockerfile|Containerfile)(\.[\w-]+)?$|^[\w-]+\.Dockerfile$/.test(name);
/** Folders that hold what is not shipped. */
const isOurs = (path: string) =>
  !/(^|\/)(node_modules|\.git|\.devcontainer|vendor|dist|build|out|test|tests|fixtures|examples|docs?)\//.test(
    path,
  ) && !/\.(dev|test|local|ci)$/i.test(path);
const isWithin = (folder: string, outer: string) =>
  outer === '.' || folder === outer || folder.startsWith(`${outer}/`);

/** Services by the last image of their Dockerfile: one that serves files is a site in a container. */
function serviceOf(path: string, all: readonly string[], repository: Repository): ServiceFound | undefined {
  const text = repository.read(path) ?? '';
  const folder = posix.dirname(path);
  const base = posix.basename(path);
  const last = [...text.matchAll(/^FROM\s+(?:--\S+\s+)*(\S+)/gim)].at(-1)?.[1] ?? '';
  const servesFiles = /(^|\/)(nginx|caddy|httpd|lighttpd)(:|@|$|-)/.test(last);
  if (servesFiles && siteOf(folder, repository)) return undefined;
  const suffix =
    /^(?:Dockerfile|Containerfile)\.([\w-]+)$/.exec(base)?.[1] ?? /^([\w-]+)\.Dockerfile$/.exec(base)?.[1];
  const alone = all.length === 1;
  const name = suffix ?? (folder === '.' ? undefined : posix.basename(folder));
  const code = sourcesOf(folder, repository);
  const answers = /^\s*EXPOSE\s/im.test(text) || WEB.test(text) || code.some((source) => WEB.test(source));
  return {
    kind: 'service',
    name: name ?? (alone ? (answers ? 'backend' : 'worker') : 'api'),
    context: folder,
    dockerfile: suffix === undefined ? undefined : path,
    answers: answers && !/worker|consumer|cron|queue/i.test(name ?? ''),
    health: code.map((source) => HEALTH.exec(source)?.[2]).find(Boolean),
    suggestions: suggestionsFor(folder, repository),
  };
}

/** Servers of Python, Node and Go, by how they are imported or started. */
const WEB =
  /\b(fastapi|flask|django|starlette|uvicorn|gunicorn|express|fastify|koa|hono|nestjs|createServer|ListenAndServe|gin-gonic|echo\/v4|fiber\/v2)\b/i;
const HEALTH = /(["'`])(\/(?:api\/)?(?:healthz?|health-check|healthcheck|livez|readyz|ping|status))\1/;

/** The texts that show what a service is: its lists of packages and its sources, no more than two hundred. */
function sourcesOf(folder: string, repository: Repository): string[] {
  const within = repository.files.filter((path) => folder === '.' || path.startsWith(`${folder}/`));
  const telling = within.filter((path) =>
    /(^|\/)(requirements[\w.-]*\.txt|pyproject\.toml|package\.json|go\.mod)$|\.(py|js|mjs|cjs|ts|go)$/.test(
      path,
    ),
  );
  return telling
    .filter((path) => !/(^|\/)(node_modules|tests?|\.next|dist)\//.test(path))
    .slice(0, 200)
    .map((path) => repository.read(path) ?? '');
}

/** A migration and an env file are found, and switched on by a person: they change what is live. */
function suggestionsFor(folder: string, repository: Repository): string[] {
  const has = (path: string) => repository.files.includes(posix.join(folder, path));
  return [
    ...(has('alembic.ini') ? ['migrate: python -m alembic upgrade head'] : []),
    ...(has('manage.py') ? ['migrate: python manage.py migrate'] : []),
    ...(has('prisma/schema.prisma') ? ['migrate: npx prisma migrate deploy'] : []),
    ...(has('.env.production') ? [`env-file: ${posix.join(folder, '.env.production')}`] : []),
  ];
}

/** Names that the release file takes, each once; a service and a site alone are `backend` and `frontend`. */
function named(parts: readonly Found[]): Found[] {
  const taken = new Set<string>();
  return parts.map((part) => {
    const plain = part.name
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-+|-+$/g, '')
      .slice(0, 36);
    let name = plain || (part.kind === 'service' ? 'backend' : 'frontend');
    for (let i = 2; taken.has(name); i++) name = `${plain || part.kind}-${i}`;
    taken.add(name);
    return { ...part, name };
  });
}
