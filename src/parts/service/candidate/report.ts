import type { Failure } from '../deploy/failure.ts';
import type { GateAnswer } from '../verdict/gate-answer.ts';
import type { LoadReport } from './load.ts';

/** How a candidate was asked before users reached it, and what was decided. */
export interface CandidateReport {
  readonly url: string;
  readonly stage: string;
  /** Percent of the users' requests that it had when it was asked. */
  readonly share: number;
  readonly digests: readonly string[];
  readonly load?: LoadReport | undefined;
  readonly smoke?: GateAnswer | undefined;
  readonly decision: 'CONTINUE' | 'ROLLBACK';
  /** Why it was dropped. */
  readonly failure?: Failure | undefined;
}
