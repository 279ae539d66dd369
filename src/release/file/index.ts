/** The release file: what a release is, and what each environment changes. */

export {
  type FoundFile,
  findReleaseFile,
  type LoadOptions,
  loadReleaseFile,
  RELEASE_FILES,
  SCHEMA,
} from './load.ts';
export { environmentsOf, type Reading, type ReadOptions, readReleaseFile } from './read.ts';
export type {
  ImageSource,
  InputTexts,
  PartConfig,
  ReleaseConfig,
  ServiceConfig,
  SiteConfig,
} from './types.ts';
export { GITHUB_NAMES } from './variables.ts';
