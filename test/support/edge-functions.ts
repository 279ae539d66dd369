import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './dist.ts';

const file = (name: string): string => readFileSync(join(root, 'infra/terraform', name), 'utf8');

/** The function for single-page apps, as Terraform publishes it. */
export const singlePageApp = (): string => file('single-page-app.js');

/** The function for previews, as Terraform publishes it: test/contract/terraform.test.ts holds the first line to previews.tf. */
export const previewHost = (options: { singlePageApp: boolean }): string =>
  `const singlePageApp = ${options.singlePageApp};\n${file('preview-host.js')}`;
