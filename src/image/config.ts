import type { Cache, EngineName } from './engines/engine.ts';
import type { ScanGate } from './scan.ts';
import type { BuildSpec } from './spec.ts';

export interface ImageConfig {
  /** Full SHA that the image is of. */
  readonly commit: string;
  /** The commit's own tag. */
  readonly tag: string;
  readonly moreTags: readonly string[];
  /** What is built; or the path of what is built already. */
  readonly source:
    | {
        readonly kind: 'context';
        readonly spec: BuildSpec;
        readonly engine: EngineName | 'auto';
        readonly cache: Cache;
      }
    | {
        readonly kind: 'oci-layout';
        readonly path: string;
        readonly isTar: boolean;
        readonly platform: string;
      };
  readonly push: boolean;
  /** Only looks for the commit's image, whatever made it: the files that are here may be another commit's. */
  readonly lookUp: boolean;
  /** Builds although the image is there, under a tag with the time. */
  readonly rebuild: boolean;
  readonly dryRun: boolean;
  /** True in a job that has GitHub's cache service. */
  readonly ghaHere: boolean;
  readonly scanGate: ScanGate;
  /** Milliseconds. */
  readonly scanTimeout: number;
}
