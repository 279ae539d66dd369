// Part of deploy.yml: plain JavaScript without dependencies, so that it needs no build.
import { appendFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const EXPANDED =
  'if it is set from an expression such as ${{ vars.NAME }}, check the name and its environment';

/**
 * What is wrong with the inputs of a release, as lines to print; none where they go together.
 * @param {Record<string, string>} inputs
 * @returns {string[]}
 */
export function problems(inputs) {
  const { service, image, repository, bucket } = inputs;
  const frontend = inputs['frontend-directory'];
  const found = [];
  const say = (input, what, fix) => found.push(`input \`${input}\`: ${what}\n  next: ${fix}`);
  if (!inputs['aws-region']) say('aws-region', 'is required but empty', EXPANDED);
  if (!inputs['role-to-assume']) say('role-to-assume', 'is required but empty', EXPANDED);
  if (!repository && !service && !frontend)
    say(
      'service',
      'nothing to do: no `repository`, no `service`, no `frontend-directory`',
      `give at least one; ${EXPANDED}`,
    );
  if (service && !image && !repository)
    say('service', 'has no image to run', 'give `repository`, to build one, or `image`, by digest');
  if (frontend && !bucket) say('bucket', 'is empty, and `frontend-directory` is given', EXPANDED);
  if (bucket && !frontend)
    say(
      'frontend-directory',
      'is empty, and `bucket` is given',
      'name the folder of the frontend, or leave out `bucket`',
    );
  found.push(...recordProblems(inputs));
  if (image && !/^[^\s@]+\/[^\s@]+(@sha256:[0-9a-f]{64}|:[\w.-]+)$/.test(image))
    say(
      'image',
      `is not an image with its registry: ${JSON.stringify(image)}`,
      'give it as repository@sha256:…',
    );
  found.push(...nameProblems(inputs));
  return found;
}

/** The names that the actions take: a wrong one is found before anything is built. Their test holds both to one table. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,127}$/;
const RESERVED = ['sites'];
const isName = (text) => NAME.test(text) && !text.includes('..');

/**
 * @param {Record<string, string>} inputs
 * @returns {string[]}
 */
function nameProblems({ environment = '', 'release-id': id = '' }) {
  const found = [];
  if (id && !isName(id))
    found.push(
      `input \`release-id\`: is not a release id: ${JSON.stringify(id)}\n  next: use up to 128 letters, digits and . _ + -, starting with a letter or a digit`,
    );
  if (!isName(environment) || RESERVED.includes(environment))
    found.push(
      `input \`environment\`: ${environment ? `is not a name of an environment: ${JSON.stringify(environment)}` : `is required but empty`}\n  next: use letters, digits and . _ + -, such as production or staging-eu`,
    );
  return found;
}

/**
 * A release without a record has no lock and no way back: only where it is said.
 * @param {Record<string, string>} inputs
 * @returns {string[]}
 */
function recordProblems(inputs) {
  const without = inputs['record'] === 'false';
  if (inputs['release-bucket'] || inputs['bucket']) {
    if (!without) return [];
    return [
      'input `record`: is false, and there is a bucket to keep the record in\n  next: leave out `record`; it is for a backend without `release-bucket` and without a site',
    ];
  }
  if (!inputs['service']) return [];
  if (!without)
    return [
      `input \`release-bucket\`: is empty, and there is no site whose backup could keep the record of the backend\n  next: give it (infra/terraform makes it); ${EXPANDED}; or set \`record: false\`, for a backend without a lock and without a way back`,
    ];
  if (inputs['smoke-checks'] && inputs['rollback-on-failure'] !== 'false')
    return [
      'input `smoke-checks`: what they find wrong could not be put back, for `record: false` keeps nothing to go back to\n  next: use `backend-checks`, which put the backend back by themselves; or give `release-bucket`',
    ];
  return [];
}

/**
 * `<UTC yyyymmddThhmmssZ>-<first 7 of the commit>`: ids sort by time.
 * @param {Date} now
 * @param {string} commit
 */
export function releaseId(now, commit) {
  const stamp = now.toISOString().replace(/[-:]|\.\d+/g, '');
  return `${stamp}-${commit.slice(0, 7)}`;
}

/** Data of a workflow command: values of others stand in it, and none of them ends its line or begins another command. */
export const escapeData = (text) =>
  text.replaceAll('##[', '# #[').replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

function main() {
  const names = [
    'aws-region',
    'role-to-assume',
    'repository',
    'image',
    'service',
    'frontend-directory',
    'bucket',
    'release-bucket',
    'record',
    'smoke-checks',
    'rollback-on-failure',
    'release-id',
    'environment',
  ];
  const inputs = Object.fromEntries(
    names.map((n) => [n, (process.env[`INPUT_${n.toUpperCase()}`] ?? '').trim()]),
  );
  const found = problems(inputs);
  for (const problem of found) process.stdout.write(`::error::${escapeData(problem)}\n`);
  if (found.length > 0) {
    process.exitCode = 2;
    return;
  }
  const id = inputs['release-id'] || releaseId(new Date(), process.env['GITHUB_SHA'] ?? '');
  appendFileSync(process.env['GITHUB_OUTPUT'] ?? '', `release-id=${id}\n`);
  process.stdout.write(`release ${id}\n`);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) main();
