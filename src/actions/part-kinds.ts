import { serviceSettings } from '../parts/service/file-settings.ts';
import { siteSettings } from '../parts/site/file-settings.ts';
import type { PartSettings } from '../runtime/document/setting.ts';

/** The kinds of parts that a release file may have: given to its reader, which knows none. */
export const PART_KINDS: readonly PartSettings[] = [serviceSettings, siteSettings];
