import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './dist.ts';

const file = (name: string): string => readFileSync(join(root, 'infra/terraform/modules/site', name), 'utf8');

/** Terraform's variables of the function, by their names in it. */
export interface UrlSettings {
  readonly cleanUrls?: 'folder' | 'file' | 'none';
  readonly pages?: readonly string[];
  readonly previews?: boolean;
  readonly singlePageApp?: boolean;
}

/** The function for addresses as people write them, as Terraform publishes it: test/contract/terraform.test.ts holds the first line to the modules. */
export const cleanUrls = (settings: UrlSettings = {}): string => {
  const all = { cleanUrls: 'folder', pages: [], previews: false, singlePageApp: false, ...settings };
  return `const settings = ${JSON.stringify(all)};\n${file('clean-urls.js')}`;
};

/** The function for single-page apps. */
export const singlePageApp = (): string => cleanUrls({ singlePageApp: true });

/** The function for previews. */
export const previewHost = (options: { singlePageApp: boolean }): string =>
  cleanUrls({ ...options, previews: true });
