// The licences of what a bundle contains, from the modules that the bundler says it is made of. ncc's own lists are one
// for each part: they name a package again where two parts have it, and packages of ours where a dependency is replaced.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The folder of the package that a file belongs to: below the last node_modules of its path. Ours are below none. */
const PACKAGE = /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+(?=[\\/])/;

/** @returns {Set<string>} the folders of all packages with code in index.js or in a part beside it */
function packagesOf({ chunks, chunkGraph }) {
  const found = new Set();
  for (const chunk of chunks) {
    for (const module of chunkGraph.getChunkModulesIterable(chunk)) {
      // Modules that became one in the bundle are told as one, with those that it is made of.
      for (const { resource } of module.modules ?? [module]) {
        const [folder] = PACKAGE.exec(resource ?? '') ?? [];
        if (folder) found.add(folder);
      }
    }
  }
  return found;
}

/** Name, licence and its text, as the package states them. */
function entryOf(folder) {
  const { name, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder)
    .sort()
    .find((name) => /^licen[cs]e/i.test(name));
  return [name, license, file && readFileSync(join(folder, file), 'utf8')].filter(Boolean).join('\n').trim();
}

/**
 * @param compilation webpack's, that made the bundle
 * @returns {string} one list for a bundle with all its parts: each package once, by name
 */
export function licensesOf(compilation) {
  const entries = new Set([...packagesOf(compilation)].map(entryOf));
  return [...entries]
    .sort()
    .map((entry) => `${entry}\n`)
    .join('\n');
}
