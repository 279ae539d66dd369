import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Where things are, whatever folder the demo was started from. */
export interface Paths {
  /** The repository: what holds `actions/` and `examples/`. */
  readonly root: string;
  /** The folder of the built bundles, this one among them. */
  readonly dist: string;
}

/** @param script path of the running bundle, `dist/demo/index.js` */
export function findPaths(script: string): Paths {
  const dist = dirname(dirname(realpathSync(script)));
  for (let root = dirname(dist); ; root = dirname(root)) {
    if (existsSync(join(root, 'actions')) && existsSync(join(root, 'examples/app'))) return { root, dist };
    if (root === dirname(root))
      throw new Error(
        `${script} is not inside a clone of the repository: no actions/ and examples/app above it`,
      );
  }
}
