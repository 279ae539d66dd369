import type { CandidateAddress } from '../candidate/address.ts';
import type { CandidateReport } from '../candidate/report.ts';
import type { BackendConfig, BackendPorts } from '../plan/config.ts';
import type { ResolvedImage } from '../plan/image.ts';
import type { BackendSpec } from '../plan/spec.ts';
import type { Probe } from '../probe/probe.ts';
import type { BackendState, Rollout, Target } from '../targets/target.ts';
import type { AlarmJudgement } from '../verdict/alarms.ts';
import type { GateAnswer } from '../verdict/gate-answer.ts';
import type { AlarmGate } from '../verdict/gates.ts';
import type { BackendResult } from './result.ts';
import type { Undo } from './undo.ts';

/** One deployment under way: what was prepared, and what has come of it so far. */
export interface Deployment {
  readonly config: BackendConfig;
  readonly ports: BackendPorts;
  readonly target: Target;
  readonly image: ResolvedImage;
  readonly snapshot: BackendState;
  readonly wanted: BackendSpec;
  readonly alarms: AlarmGate | undefined;
  readonly probe: Probe | undefined;
  /** Where the candidate is asked before users reach it. */
  readonly candidate: CandidateAddress | undefined;
  /** What came of that. */
  gate: CandidateReport | undefined;
  common: Omit<BackendResult, 'outcome'>;
  undo: Undo;
  rollout: Rollout | undefined;
  /** True from just before the update is sent: from here on the service may have been changed. */
  sent: boolean;
  /** True once the new version was seen to run, whole: what the gates say comes after that. */
  proved: boolean;
  smoke: GateAnswer | undefined;
  alarmJudgement: AlarmJudgement | undefined;
}
