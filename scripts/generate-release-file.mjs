// The release file's keys stand in one table in the code (src/parts/*/file-settings.ts, src/release/file/settings.ts);
// their meaning stands in action.yml. From both this makes the JSON Schema and the tables of docs/release-file.md.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse } from 'yaml';

const TABLES = ['src/actions/part-kinds.ts', 'src/release/file/settings.ts', 'src/release/file/variables.ts'];

/** The tables, compiled beside the sources: this has to run on a Node that knows no TypeScript. */
async function tables(root) {
  mkdirSync(join(root, '.build'), { recursive: true });
  const dir = mkdtempSync(join(root, '.build/tables-'));
  try {
    writeFileSync(join(dir, 'package.json'), '{ "type": "module" }');
    const config = {
      extends: '../../tsconfig.build.json',
      compilerOptions: { rootDir: '../..', outDir: '.', noCheck: true },
      include: [],
      files: TABLES.map((file) => `../../${file}`),
    };
    writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify(config));
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', dir], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`the tables of the release file do not compile\n${stdout}`);
    const load = (file) => import(pathToFileURL(join(dir, file.replace(/\.ts$/, '.js'))).href);
    const [kinds, settings, variables] = await Promise.all(TABLES.map(load));
    return { ...kinds, ...settings, ...variables };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const oneLine = (text) =>
  String(text ?? '')
    .trim()
    .replaceAll(/\s+/g, ' ');

/** The schema, and the tables of the docs by their markers. */
export async function releaseFile(root) {
  const code = await tables(root);
  const actions = new Map();
  const meaning = (action, input) => {
    if (!actions.has(action))
      actions.set(action, parse(readFileSync(join(root, 'actions', action, 'action.yml'), 'utf8')).inputs);
    return oneLine(actions.get(action)[input]?.description);
  };
  return { schema: schemaText(code, meaning), tables: docTables(code, meaning) };
}

const OWN = {
  'release-bucket': 'S3 bucket of the ledger and of the backup.',
  checks: 'Path of a checks file that is run against the release as a whole, once all parts are live.',
  'wait-timeout': 'Bound on the wait for a part that says none of its own.',
  'lock-timeout': 'How long to wait for another deployment to the environment.',
  'rollback-on-failure': 'Puts the whole release back when any of it fails. Default `true`.',
  'history-page': "Writes the environment's history as an HTML page into the release bucket afterwards.",
  region: 'AWS region. Default is what the credentials bring.',
  'role-to-assume': 'ARN of the IAM role.',
  variables: 'Values for `${NAME}`, as plain texts. Variables of GitHub and `--var` win over them.',
  order: 'Names of all parts: one goes live after the other.',
  waves: 'Lists of names of parts: those of a list go live together, one list after the other.',
  after: 'The environment that comes before this one. It holds no deployment back yet.',
  image:
    'What the service runs: an image that is built (`repository`, …), that is there (`reference`, or `repository` and `digest`), or what another part has (`from`).',
  containers: 'Images by the name of their container, where a service gets several.',
  build: 'How the folder of the site is made. `source` names one that is there already.',
  test: 'Tests of this part, before anything is built: a command, or a mapping.',
  output: 'Folder that the command writes the site into, from `directory`.',
  from: 'Name of the part whose image it is: the same digest.',
  container: 'Container of that part, where it has several images.',
  reference: 'An image with its registry, by digest or tag.',
  digest: '`sha256:…` of an image of `repository` that is there already.',
};

const REFERENCE = { type: 'string', pattern: '\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}' };
const TEXT = { type: ['string', 'number', 'boolean'], minLength: 1 };
/** As src/runtime/duration.ts reads it. */
const DURATION = '^(\\d+d)?(\\d+h)?(\\d+m(?!s))?(\\d+(\\.\\d+)?s)?(\\d+ms)?$';
const NAME = '^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$';

/** One form as JSON Schema; wherever text is expanded a `${NAME}` may stand. */
function formSchema(form) {
  const orReference = (...schemas) => ({ anyOf: [...schemas, REFERENCE] });
  switch (form.is) {
    case 'command':
      return {
        anyOf: [
          { type: 'string', minLength: 1 },
          { type: 'array', items: TEXT, minItems: 1 },
        ],
      };
    case 'flag':
      return orReference({ type: 'boolean' });
    case 'number':
      return orReference(
        { type: 'integer', minimum: form.min, maximum: form.max },
        ...(form.or ? [{ enum: form.or }] : []),
      );
    case 'duration':
      return orReference({ type: 'string', minLength: 2, pattern: DURATION });
    case 'percentage':
      return orReference(
        { type: 'string', pattern: '^\\d+(\\.\\d+)?\\s*%$' },
        ...(form.orNumber ? [{ type: 'integer', minimum: 0 }] : []),
      );
    case 'choice':
      return orReference({
        enum: form.of.map((word) => (/^(true|false)$/.test(word) ? word === 'true' : word)),
      });
    case 'lines':
      return { anyOf: [TEXT, { type: 'array', items: TEXT, minItems: 1 }] };
    case 'pairs':
      return { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean'] } };
    case 'headers':
      return { type: 'object', additionalProperties: { type: 'object', additionalProperties: TEXT } };
    default:
      return TEXT;
  }
}

/** The properties of a table: keys with a dot become a group, which a text may stand for where one of them is short. */
function properties(settings, describe) {
  const found = {};
  for (const setting of settings) {
    const [group, within] = setting.key.split('.');
    const schema = { ...formSchema(setting.form), description: describe(setting) };
    if (within === undefined) found[group] = schema;
    else {
      found[group] ??= { anyOf: [{ type: 'object', additionalProperties: false, properties: {} }] };
      found[group].anyOf[0].properties[within] = schema;
      if (setting.short) found[group].anyOf.push(formSchema(setting.form));
    }
  }
  return found;
}

const own = (key, schema) => ({ [key]: { ...schema, description: OWN[key] } });
const closed = (props, more = {}) => ({
  type: 'object',
  additionalProperties: false,
  properties: props,
  ...more,
});

function partSchema(kind, code, meaning) {
  const settings = properties(kind.settings, ({ input }) => meaning(kind.action, input));
  const build = properties(kind.build.settings, ({ input }) => meaning(kind.build.action, input));
  const test = properties(code.TEST_SETTINGS, ({ input }) => meaning('test', input));
  const image = {
    anyOf: [
      { type: 'string', minLength: 1 },
      closed({
        ...build,
        ...own('from', TEXT),
        ...own('container', TEXT),
        ...own('reference', TEXT),
        ...own('digest', TEXT),
      }),
    ],
  };
  const source =
    kind.source === 'image'
      ? {
          ...own('image', image),
          ...own('containers', { type: 'object', minProperties: 1, additionalProperties: image }),
        }
      : own('build', closed({ ...build, ...own('output', TEXT) }));
  return closed({
    ...settings,
    ...source,
    ...own('test', { anyOf: [{ type: 'string', minLength: 1 }, closed(test)] }),
    ...own('region', TEXT),
    ...own('role-to-assume', TEXT),
  });
}

function schemaText(code, meaning) {
  const names = { type: 'array', items: { type: 'string' } };
  const common = {
    ...properties(code.RELEASE_SETTINGS, ({ key }) => OWN[key]),
    ...own('region', TEXT),
    ...own('role-to-assume', TEXT),
    ...own('variables', { type: 'object', additionalProperties: TEXT }),
    ...own('order', names),
    ...own('waves', { type: 'array', items: { anyOf: [names, { type: 'string' }] } }),
  };
  const kinds = code.PART_KINDS.map(({ kind }) => ({ $ref: `#/$defs/${kind}` }));
  const partsOf = (more) => ({
    type: 'object',
    additionalProperties: false,
    patternProperties: { [NAME]: { anyOf: [...kinds, ...more] } },
  });
  const environment = closed({
    ...own('after', { type: 'string' }),
    ...common,
    parts: partsOf([{ const: false }]),
  });
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'https://raw.githubusercontent.com/org/wwhd-deploy/main/schemas/release-file.schema.json',
    title: 'The release file of wwhd-deploy',
    description:
      'What a release is, and what each environment changes. docs/release-file.md explains every key.',
    ...closed(
      {
        version: { const: 1 },
        ...common,
        parts: { ...partsOf([]), minProperties: 1, description: 'What the release takes live, by name.' },
        environments: {
          type: 'object',
          description: 'What each environment changes.',
          additionalProperties: { anyOf: [environment, { type: 'null' }] },
        },
      },
      { required: ['version', 'parts'] },
    ),
    $defs: Object.fromEntries(code.PART_KINDS.map((kind) => [kind.kind, partSchema(kind, code, meaning)])),
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

const WORDS = {
  text: 'text',
  command: 'a text, or a list of words',
  path: 'a path',
  flag: '`true` or `false`',
  duration: 'a time, `90s`',
  lines: 'a text, or a list',
  headers: 'a mapping of globs to headers',
};

function formWords(form) {
  switch (form.is) {
    case 'number':
      return `${form.min} to ${form.max}${form.or ? `, or \`${form.or.join('`, `')}\`` : ''}`;
    case 'percentage':
      return `a percentage, \`1%\`${form.orNumber ? ', or a number' : ''}`;
    case 'choice':
      return form.of.map((word) => `\`${word}\``).join(', ');
    case 'pairs':
      return form.names ? 'a mapping of variables' : 'a mapping';
    default:
      return WORDS[form.is];
  }
}

const isLiteral = (form) => form.literal === true || form.is === 'command';
const cell = (text) => oneLine(text).replaceAll('|', '\\|');

function keyTable(settings, describe) {
  const rows = settings.map((setting) => {
    const { key, input, form, short } = setting;
    const value = `${formWords(form)}${isLiteral(form) ? '; taken as it stands' : ''}`;
    const name = short ? `\`${key}\`, or \`${key.split('.')[0]}\` alone` : `\`${key}\``;
    return `| ${name} | \`${input}\` | ${cell(value)} | ${cell(describe(setting))} |`;
  });
  return ['| key | input | value | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function docTables(code, meaning) {
  const found = new Map();
  found.set(
    'release',
    keyTable(code.RELEASE_SETTINGS, ({ key }) => OWN[key]),
  );
  for (const kind of code.PART_KINDS) {
    found.set(
      kind.kind,
      keyTable(kind.settings, ({ input }) => meaning(kind.action, input)),
    );
    found.set(
      kind.source,
      keyTable(kind.build.settings, ({ input }) => meaning(kind.build.action, input)),
    );
  }
  const perRun = code.PART_KINDS.flatMap(({ action, perRun, build }) => [
    ...Object.entries(perRun).map(([input, why]) => [action, input, why]),
    ...Object.entries(build.perRun).map(([input, why]) => [build.action, input, why]),
  ]).map(([action, input, why]) => `| \`${action}\` | \`${input}\` | ${why} |`);
  found.set('per-run', ['| action | input | why |', '| --- | --- | --- |', ...perRun].join('\n'));
  found.set('github-names', code.GITHUB_NAMES.map((name) => `\`${name}\``).join(', '));
  return found;
}
