// What most steps do not need is in parts beside index.js, which is what every step loads.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { bundlePath } from '../support/dist.ts';

/** A text of its code, by which each is known in what is left of it after minifying. */
const TEXTS = {
  github: '/repos/{owner}/{repo}/actions/runners',
  checks: 'leaves no check of ',
  yaml: 'Nested mappings are not allowed in compact mappings',
  backend: 'something is under way on the service',
  'client-secrets-manager': 'com.amazonaws.secretsmanager',
};

it.each<[string, ...(keyof typeof TEXTS)[]]>([
  ['pr-comment', 'github'],
  ['drift', 'github'],
  ['preview-remove', 'github'],
  ['deploy-frontend', 'github', 'checks', 'yaml'],
  ['deploy-backend', 'github', 'checks', 'yaml'],
  ['preflight', 'checks', 'yaml'],
  ['rollback', 'github', 'checks', 'yaml', 'backend', 'client-secrets-manager'],
])('%s is loaded without %s %s %s %s %s', (name, ...lazy) => {
  const holders = (text: string) =>
    readdirSync(bundlePath(name))
      .filter((file) => file.endsWith('.js'))
      .filter((file) => readFileSync(join(bundlePath(name), file), 'utf8').includes(text));
  for (const what of lazy)
    expect(holders(TEXTS[what]), what).toEqual([expect.stringMatching(/^\d+\.index\.js$/)]);
});
