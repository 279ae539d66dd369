import { readFileSync } from 'node:fs';

const LEVELS = ['DEBUG', 'INFO', 'WARNING', 'ERROR'];

/**
 * The configuration from the environment. Everything that is wrong is found here, at the start and all at once: a
 * process that cannot work must not come up healthy.
 *
 * @param {NodeJS.ProcessEnv} env
 */
export function readConfig(env) {
  const problems = [];
  const required = (name) => {
    if (!env[name]) problems.push(`${name} is not set`);
    return env[name] ?? '';
  };
  const port = Number(env.PORT ?? 8000);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) problems.push(`PORT is not a port: ${env.PORT}`);
  const logLevel = (env.LOG_LEVEL ?? 'INFO').toUpperCase();
  if (!LEVELS.includes(logLevel)) problems.push(`LOG_LEVEL is not one of ${LEVELS.join(', ')}`);
  const config = {
    port,
    logLevel,
    environment: env.APP_ENV ?? 'development',
    // In production it is a reference to Secrets Manager; see .env.production.example.
    jwtSecret: required('JWT_SECRET'),
    jwtIssuer: env.JWT_ISSUER ?? 'wwhd',
    allowOrigins: (env.ALLOW_ORIGINS ?? '').split(',').filter(Boolean),
    qdrantUrl: env.QDRANT_URL ?? '',
    qdrantApiKey: env.QDRANT_API_KEY ?? '',
    commit: env.APP_COMMIT ?? bakedCommit(),
  };
  if (problems.length > 0) throw new Error(`the configuration is not complete: ${problems.join('; ')}`);
  return config;
}

/** The image carries its commit in a file, so that the version is of the image and not of the service's settings. */
function bakedCommit() {
  try {
    return readFileSync(new URL('../COMMIT', import.meta.url), 'utf8').trim();
  } catch {
    return 'unknown';
  }
}
