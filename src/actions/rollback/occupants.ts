import { crossesOccupants, isSameOccupant, nameOfOccupant, otherOccupants } from '../../release/occupant.ts';
import type { Part } from '../../release/record.ts';
import { refused } from '../../runtime/errors.ts';
import type { RollbackConfig } from './inputs.ts';
import type { Survey } from './survey.ts';

const PARTS = ['backend', 'frontend'] as const;

/** The inputs that say which service or site is meant. */
const SAYS_WHICH: Record<Part, ReadonlyArray<'service' | 'bucket' | 'distribution'>> = {
  backend: ['service'],
  frontend: ['bucket', 'distribution'],
};

/**
 * A ledger of before parts were guarded may hold two services, or two sites, under one name: the release that is gone
 * back to may be the other one's.
 * @throws ActionError `refused`, unless an input says which one is meant.
 */
export function refuseOther(
  { pair, current, byId, records }: Survey,
  config: Pick<RollbackConfig, 'service' | 'bucket' | 'distribution'>,
): void {
  for (const part of PARTS) {
    const [wanted, live] = [pair[part], current[part]];
    const [target, now] = [byId.get(wanted ?? '')?.[part], byId.get(live ?? '')?.[part]];
    if (!wanted || !live || !target || !now || isSameOccupant(target, now)) continue;
    if (SAYS_WHICH[part].some((input) => config[input] !== '')) continue;
    throw refused(
      crossesOccupants(
        part,
        { release: wanted, occupant: target },
        { release: live, occupant: now },
        records,
      ),
    );
  }
}

/** What else was deployed under the name of a part that goes back, and stays as it is: lines of the plan. */
export function leftAlone({ pair, byId, records }: Pick<Survey, 'pair' | 'byId' | 'records'>): string[] {
  return PARTS.flatMap((part) => {
    const target = byId.get(pair[part] ?? '')?.[part];
    if (!target) return [];
    return otherOccupants(records, part, target).map(
      ({ occupant, release }) =>
        `not touched: ${nameOfOccupant(occupant)}, which release ${release} went to under the same name`,
    );
  });
}
