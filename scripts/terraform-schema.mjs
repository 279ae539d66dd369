// Writes test/contract/terraform-schema.json: what the AWS provider takes for each resource and data source that
// infra/terraform uses. The provider itself is in Terraform's registry alone; npm has its schema as types, and this reads
// them. Run it by hand when another resource comes in:
//
//   node scripts/terraform-schema.mjs <folder of the unpacked npm package @cdktn/provider-aws>
//
// (CDK for Terraform's own packages ended in December 2025; CDK Terrain goes on with them.) What the package does not tell is in
// terraform-schema.overlay.json.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const from = process.argv[2];
if (!from) throw new Error('name the folder of the package');
/** What the package does not say, with its source. */
const overlay = JSON.parse(readFileSync(join(root, 'scripts/terraform-schema.overlay.json'), 'utf8'));

/** `aws_lb_listener` is in the folder `lb-listener`, a data source in `data-aws-…`. */
const folderOf = (kind, type) =>
  `${kind === 'data' ? 'data-aws-' : ''}${type.replace(/^aws_/, '').replaceAll('_', '-')}`;

const between = (text, start, end) => {
  const at = text.indexOf(start);
  return at < 0 ? '' : text.slice(at, text.indexOf(end, at));
};
const camel = (name) => name.replaceAll(/_(\w)/g, (_all, letter) => letter.toUpperCase());

const SIMPLE = { string: 'string', boolean: 'bool', number: 'number' };
const COLLECTED = { stringList: 'string', numberList: 'number', stringMap: 'string', booleanMap: 'bool' };

/** Type of an attribute, as Terraform writes types in JSON. */
function typeOf({ type, storage }) {
  if (type === 'simple') return SIMPLE[storage] ?? 'string';
  return [
    type === 'list' || type === 'set' || type === 'map' ? type : 'list',
    COLLECTED[storage] ?? 'string',
  ];
}

/** What can be written into a resource or block: the entries of its function `…ToHclTerraform`. */
function written(js, body) {
  const entry =
    /^ {8,12}(\w+): \{\s+value: (.*),\s+isBlock: (\w+),\s+type: "(\w+)",\s+storageClassType: "(\w+)"/gm;
  return [...body.matchAll(entry)].map(([, name, value, isBlock, type, storage]) => {
    const mapper = /(\w+)ToHclTerraform/.exec(value.replaceAll(/cdktn\./g, 'cdktn_'))?.[1];
    const nested = mapper && !mapper.startsWith('cdktn_') ? mapper : undefined;
    // Lists of objects that are attributes may be written as blocks all the same, and are here.
    return { name, type, storage, nested: isBlock === 'true' && nested ? nested : undefined, js };
  });
}

/** @param {string} owner name of the class or struct, as in its interface */
function block(files, owner, body, className) {
  const { js, types } = files;
  const declared = between(types, `export interface ${owner} `, '\n}');
  const own = between(js, `class ${className} extends`, '\nexports.');
  const result = { attributes: {}, blocks: {} };
  for (const entry of written(js, body)) {
    const property = new RegExp(`readonly ${camel(entry.name)}(Attribute)?(\\??):`).exec(declared);
    const required = property?.[2] === '';
    if (!entry.nested) {
      result.attributes[entry.name] = [typeOf(entry), required ? 'required' : 'optional'];
      continue;
    }
    const struct = entry.nested[0].toUpperCase() + entry.nested.slice(1);
    const inner = between(js, `function ${entry.nested}ToHclTerraform(`, '\n}\n');
    const made = new RegExp(`new ${struct}(List|OutputReference)\\(this, "${entry.name}"(?:, (\\w+))?`).exec(
      js,
    );
    result.blocks[entry.name] = {
      nesting: made?.[2] === 'true' ? 'set' : 'list',
      ...(made?.[1] === 'OutputReference' ? { max: 1 } : {}),
      ...(required ? { min: 1 } : {}),
      ...block(files, struct, inner, `${struct}OutputReference`),
    };
  }
  addComputed(files, own, result);
  return result;
}

/** What only AWS knows. */
function addComputed(files, own, result) {
  const simple =
    /\/\/ (\w+) - computed: true, optional: false.*\n\s+get \w+\(\) \{\s+return (?:cdktn\.Fn\.\w+\()?this\.get(\w+?)Attribute\(/g;
  const types = {
    String: 'string',
    Number: 'number',
    Boolean: 'bool',
    List: ['list', 'string'],
    StringMap: ['map', 'string'],
  };
  for (const [, name, type] of own.matchAll(simple))
    result.attributes[name] = [types[type] ?? 'string', 'computed'];
  const complex =
    /\/\/ (\w+) - computed: true, optional: false.*\n\s+(?:this\.)?_\w+ = new (\w+?)List\(this, "\w+", (\w+)\)/g;
  for (const [, name, struct, isSet] of own.matchAll(complex)) {
    const inner = { attributes: {}, blocks: {} };
    addComputed(files, between(files.js, `class ${struct}OutputReference extends`, '\nexports.'), inner);
    const fields = Object.fromEntries(Object.entries(inner.attributes).map(([key, [type]]) => [key, type]));
    result.attributes[name] = [[isSet === 'true' ? 'set' : 'list', ['object', fields]], 'computed'];
  }
}

function schemaOf(kind, type) {
  const folder = join(from, 'lib', folderOf(kind, type));
  const files = {
    js: readFileSync(join(folder, 'index.js'), 'utf8'),
    types: readFileSync(join(folder, 'index.d.ts'), 'utf8'),
  };
  const className = /class (\w+) extends cdktn\.Terraform(?:Resource|DataSource)/.exec(files.js)?.[1] ?? '';
  const body = between(
    files.js.slice(files.js.indexOf('synthesizeHclAttributes()')),
    'const attrs',
    '\n    }\n',
  );
  const schema = block(files, `${className}Config`, body, className);
  schema.attributes['id'] = ['string', 'both'];
  // npm's types do not tell them from others, and Terraform takes an ephemeral value for nothing else.
  for (const name of (kind === 'resource' && overlay.writeOnly[type]) || [])
    schema.attributes[name] = ['string', 'write-only'];
  for (const name of overlay.both[kind][type] ?? [])
    schema.attributes[name] = [schema.attributes[name]?.[0] ?? 'string', 'both'];
  return schema;
}

const tf = join(root, 'infra/terraform');
// Modules too: what only they use must not be dropped.
const text = readdirSync(tf, { recursive: true })
  .filter((name) => name.endsWith('.tf') && !name.includes('.terraform/'))
  .map((name) => readFileSync(join(tf, name), 'utf8'))
  .join('\n');
const used = (keyword) =>
  [...new Set([...text.matchAll(new RegExp(`^${keyword} "(aws_\\w+)"`, 'gm'))].map((m) => m[1]))].sort();
const { version } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'));
const provider = /provider version ([\d.]+)/.exec(readFileSync(join(from, 'README.md'), 'utf8'))?.[1];
const found = {
  source: `npm @cdktn/provider-aws ${version}`,
  provider: `hashicorp/aws ${provider}`,
  resource: Object.fromEntries(used('resource').map((type) => [type, schemaOf('resource', type)])),
  data: Object.fromEntries(used('data').map((type) => [type, schemaOf('data', type)])),
};
writeFileSync(join(root, 'test/contract/terraform-schema.json'), `${JSON.stringify(found)}\n`);
console.log(
  `${found.provider}: ${Object.keys(found.resource).length} resources, ${Object.keys(found.data).length} data sources`,
);
