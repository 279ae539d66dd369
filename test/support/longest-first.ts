import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take the longest from their beginning to their end, most of it waiting. */
const LONGEST = [
  'conformance/deploy-backend-faults',
  'conformance/act',
  'conformance/clients',
  'faults/deploy-frontend',
  'bundle/demo',
  'bundle/deploy-frontend',
];
/** Rooms whose files start processes and wait for them. */
const LONG = /\/test\/(conformance|faults|bundle)\//;

/**
 * Begins with the files that take the longest, so that none of them is alone on the machine at the end. vitest alone goes
 * by the sizes of files in a fresh clone, which say nothing here.
 */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const place = LONGEST.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`));
      if (place >= 0) return place;
      return LONGEST.length + (LONG.test(moduleId) ? 0 : 1);
    };
    const sorted = await super.sort(files);
    return sorted.sort((a, b) => rank(a) - rank(b));
  }
}
