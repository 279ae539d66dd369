// A second attempt of deploy.yml, with the results of jobs that are not run again handed on as GitHub does: green only if
// this release is live whole. The conditions, the verdict, the ledger and the guard are the real ones; a deployment is
// played by what it writes into the ledger.
import { expect, it } from 'vitest';
// @ts-expect-error plain JavaScript beside its action
import { torn, verdict } from '../../.github/actions/verdict/verdict.mjs';
import { guardPart } from '../../src/actions/part-guard.ts';
import { originsOf } from '../../src/release/composition.ts';
import type { Ledger } from '../../src/release/ledger.ts';
import { openLedger } from '../../src/release/open.ts';
import type { Composition, ServicePart, SitePart } from '../../src/release/record.ts';
import { ActionError } from '../../src/runtime/errors.ts';
import { silentLog } from '../../src/runtime/log.ts';
import { memoryStore } from '../support/memory-store.ts';
import { runContext } from '../support/release.ts';
import { evaluate, read, type Workflow } from '../support/workflows.ts';

const { jobs } = read<Workflow>('.github/workflows/deploy.yml');
const AT = '2026-11-23T12:00:00.000Z';
const clock = { now: () => Date.parse(AT), sleep: async () => {} };
const PARTS = ['backend', 'frontend'] as const;
type Part = (typeof PARTS)[number];

type Fate = 'deployed' | 'unchanged' | 'failed';
interface Attempt {
  readonly backend: Fate;
  readonly frontend: Fate;
  readonly smoke: boolean;
  readonly restore: boolean;
  /** Whether the job that asks the ledger can log in. */
  readonly live: boolean;
}
interface Need {
  readonly result: 'success' | 'failure' | 'skipped';
  readonly outputs: Readonly<Record<string, string>>;
}
type Needs = Record<string, Need>;
const need = (result: Need['result'], outputs: Need['outputs'] = {}): Need => ({ result, outputs });

class Played {
  readonly ledger: Ledger;
  readonly #rollbackOnFailure: boolean;
  needs: Needs = {
    prepare: need('success', { 'release-id': 'r1' }),
    test: need('success'),
    image: need('success', { image: 'r/api@sha256:x', outcome: 'deployed' }),
    site: need('success'),
  };

  constructor(rollbackOnFailure: boolean) {
    this.#rollbackOnFailure = rollbackOnFailure;
    const store = memoryStore('release-bucket', clock);
    this.ledger = openLedger({ store, environment: 'production', log: silentLog, clock });
  }

  async write(id: string, parts: readonly Part[], result: 'deployed' | 'unchanged' | 'rolled-back', to = '') {
    const { ledger } = this;
    const run = runContext();
    const before = await ledger.current();
    await ledger.open({
      id,
      type: to ? 'rollback' : 'deployment',
      run,
      ...(to ? { restores: to, replaces: before?.release } : {}),
    });
    for (const part of parts) {
      const fields = { result, startedAt: AT };
      if (part === 'backend')
        await ledger.writePart(id, part, {
          ...fields,
          kind: 'service',
          service: 'a',
          image: 'i',
        } as ServicePart);
      else
        await ledger.writePart(id, part, {
          ...fields,
          kind: 'site',
          bucket: 'b',
          prefix: '',
          manifest: 'm',
        } as SitePart);
    }
    if (result !== 'rolled-back') await ledger.movePointer(id, parts);
  }

  async live(): Promise<Composition> {
    const { records } = await this.ledger.list();
    return originsOf(
      (await this.ledger.current())?.parts ?? {},
      new Map(records.map((record) => [record.id, record])),
    );
  }

  #runs(job: string, attempt: number): boolean {
    const condition = (jobs[job]?.if ?? 'true').replace(/^\$\{\{([\s\S]*)\}\}$/, '$1').trim();
    const inputs = {
      'release-bucket': 'b',
      bucket: 's',
      service: 'arn',
      image: '',
      'smoke-checks': 'checks.yml',
      'rollback-on-failure': this.#rollbackOnFailure,
      'dry-run': false,
    };
    return Boolean(evaluate(condition, { inputs, needs: this.needs, github: { run_attempt: attempt } }));
  }

  async #part(part: Part, fate: Fate, attempt: number): Promise<Need> {
    const wanted = part === 'backend' ? { service: 'a' } : { bucket: 'b', prefix: '' };
    try {
      const guard = {
        part,
        wanted,
        release: 'r1',
        replace: false,
        log: silentLog,
        isGone: async () => false,
      };
      await guardPart(this.ledger, guard, await this.ledger.current());
    } catch (error) {
      if (!(error instanceof ActionError) || error.outcome !== 'refused') throw error;
      return need('failure', { outcome: 'refused' });
    }
    await this.write('r1', [part], fate === 'failed' ? 'rolled-back' : fate);
    if (fate === 'failed') return need('failure', { outcome: 'rolled-back' });
    return need('success', { outcome: fate, attempt: String(attempt) });
  }

  async attempt(number: number, again: ReadonlySet<string>, as: Attempt): Promise<string> {
    const { needs } = this;
    const play: Record<string, () => Promise<Need>> = {
      backend: () => this.#part('backend', as.backend, number),
      frontend: () => this.#part('frontend', as.frontend, number),
      smoke: async () => need(as.smoke ? 'success' : 'failure', { outcome: as.smoke ? 'passed' : 'failed' }),
      restore: () => this.#restore(as.restore, number),
      live: async () =>
        as.live ? need('success', { live: JSON.stringify(await this.live()) }) : need('failure'),
    };
    for (const [job, run] of Object.entries(play)) {
      if (again.has(job)) needs[job] = this.#runs(job, number) ? await run() : need('skipped');
    }
    return verdict(needs, false, number);
  }

  async #restore(works: boolean, attempt: number): Promise<Need> {
    if (!works) return need('failure', { outcome: 'failed' });
    const step = jobs['restore']?.steps?.find((s) => s.id === 'rollback');
    const text = (name: string) =>
      String(step?.with?.[name])
        .replace(/^\$\{\{|\}\}$/g, '')
        .trim();
    const context = { needs: this.needs, github: { run_attempt: attempt } };
    const chosen = evaluate(text('scope'), context);
    const wanted = evaluate(text('if-live'), context);
    if (!Object.values(await this.live()).includes(wanted as string))
      return need('success', { outcome: 'unchanged' });
    await this.write(
      `back-${attempt}`,
      PARTS.filter((part) => chosen === 'all' || chosen === part),
      'deployed',
      'r0',
    );
    return need('success', { outcome: 'rolled-back' });
  }
}

const ALL = [...PARTS, 'smoke', 'restore', 'live', 'release'];
/** The jobs that GitHub runs again: the named ones and those that need them. */
function withDependents(names: readonly string[]): Set<string> {
  const again = new Set(names);
  for (const job of ALL) {
    const wants = [jobs[job]?.needs ?? []].flat();
    if (wants.some((name) => again.has(name))) again.add(job);
  }
  return again;
}

const product = <T extends object>(choices: { [K in keyof T]: readonly T[K][] }): T[] =>
  (Object.keys(choices) as (keyof T)[]).reduce<T[]>(
    (rows, key) => rows.flatMap((row) => choices[key].map((value) => ({ ...row, [key]: value }))),
    [{} as T],
  );

const FIRST = product<Attempt>({
  backend: ['deployed', 'unchanged', 'failed'],
  frontend: ['deployed', 'unchanged', 'failed'],
  smoke: [true, false],
  restore: [true, false],
  live: [true],
});
const SECOND = product<Attempt>({
  backend: ['deployed', 'failed'],
  frontend: ['deployed', 'failed'],
  smoke: [true, false],
  restore: [true],
  live: [true, false],
});

interface Story {
  readonly first: Attempt;
  readonly second: Attempt;
  readonly which: 'failed' | 'backend' | 'frontend' | 'smoke';
  /** Somebody goes back by hand between the two. */
  readonly byHand: boolean;
}

/** @returns how the second attempt ended and what is live; `undefined` where there is none of that kind */
async function tell(story: Story, rollbackOnFailure: boolean) {
  const { first, second, which, byHand } = story;
  const played = new Played(rollbackOnFailure);
  await played.write('r0', PARTS, 'deployed');
  await played.attempt(1, new Set(ALL), first);
  const failed = ALL.filter((job) => played.needs[job]?.result === 'failure');
  const again = withDependents(which === 'failed' ? failed : [which]);
  // What is not played again has one fate only.
  const idle = PARTS.some((part) => !again.has(part) && second[part] !== 'deployed');
  if (again.size === 0 || idle) return undefined;
  if (byHand) await played.write('by-hand', PARTS, 'deployed', 'r0');
  const outcome = await played.attempt(2, again, second);
  return { outcome, live: await played.live(), needs: played.needs };
}

it.each([true, false])(
  'the second attempt is green only if the release is live whole (rollback-on-failure %s)',
  async (rollbackOnFailure) => {
    const stories = product<Story>({
      first: FIRST,
      second: SECOND,
      which: ['failed', 'backend', 'frontend', 'smoke'],
      byHand: [false, true],
    }).filter(({ byHand, second }) => second.live || !byHand);
    let [green, red] = [0, 0];
    for (const story of stories) {
      const told = await tell(story, rollbackOnFailure);
      if (!told) continue;
      const { outcome, live } = told;
      const about = JSON.stringify({ story, told });
      if (['deployed', 'unchanged'].includes(outcome)) {
        green += 1;
        expect(live, about).toEqual({ backend: 'r1', frontend: 'r1' });
      } else red += 1;
      // What was not changed is the same in both releases.
      const changed = ![story.first.backend, story.first.frontend].includes('unchanged');
      if (rollbackOnFailure && story.first.restore && changed)
        expect(live['backend'], about).toBe(live['frontend']);
    }
    expect(green).toBeGreaterThan(20);
    expect(red).toBeGreaterThan(100);
  },
);

it('without a ledger, what an earlier attempt brought is not known to be live', () => {
  const needs = {
    prepare: need('success', { 'release-id': 'r1' }),
    backend: need('success', { outcome: 'deployed', attempt: '1' }),
    smoke: need('success'),
    live: need('skipped'),
  };
  expect(verdict(needs, false, 1)).toBe('deployed');
  expect(verdict(needs, false, 2)).toBe('failed');
  expect(torn(needs, 2)).toEqual(['the backend is from attempt 1, and the ledger was not read']);
  const again = { ...needs, backend: need('success', { outcome: 'deployed', attempt: '2' }) };
  expect(verdict(again, false, 2)).toBe('deployed');
});

it('asks the ledger for the parts by the names that they have there', () => {
  const needs = {
    prepare: need('success', { 'release-id': 'r1' }),
    backend: need('success', { outcome: 'deployed', attempt: '1' }),
    live: need('success', { live: JSON.stringify({ worker: 'r1', backend: 'r0' }) }),
  };
  expect(verdict(needs, false, 2)).toBe('failed');
  expect(verdict(needs, false, 2, { backend: 'worker', frontend: 'docs' })).toBe('deployed');
});
