import { vi } from 'vitest';
import type { TestCloud } from './cloud.ts';

/** AWS clients of this process talk to that cloud, in this test file alone: the next one has the same process. */
export function useCloud(cloud: TestCloud): void {
  for (const [name, value] of Object.entries(cloud.env)) vi.stubEnv(name, value);
}
