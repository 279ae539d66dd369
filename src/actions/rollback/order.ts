import type { Part, ReleaseRecord } from '../../release/record.ts';

export type OrderInput = 'auto' | 'backend-first' | 'frontend-first';

export interface Order {
  readonly parts: readonly [Part, Part];
  /** Why, as a sentence for the log. */
  readonly why: string;
}

const FRONTEND_FIRST = ['frontend', 'backend'] as const;
const BACKEND_FIRST = ['backend', 'frontend'] as const;

/**
 * Which half goes back first. Between the two switches users meet one half of each release, so the way back should
 * pass through a state that has been live before: the one that the deployment of `replaced` came through, in reverse.
 * A deployment switches the backend first as a rule, so the frontend goes back first: the older frontend has already
 * worked with the newer API. Where the older frontend needs the older API, the user says `backend-first`.
 */
export function restoreOrder(input: OrderInput, replaced: ReleaseRecord | undefined): Order {
  if (input === 'backend-first') return { parts: BACKEND_FIRST, why: '`order` says so' };
  if (input === 'frontend-first') return { parts: FRONTEND_FIRST, why: '`order` says so' };
  const [backend, frontend] = [replaced?.backend?.finishedAt, replaced?.frontend?.finishedAt];
  if (backend && frontend && Date.parse(frontend) < Date.parse(backend)) {
    return {
      parts: BACKEND_FIRST,
      why: `release ${replaced?.id} switched its frontend first, and the way back is the way in reverse`,
    };
  }
  return {
    parts: FRONTEND_FIRST,
    why: 'the older frontend was live with the newer backend while that was deployed; `order: backend-first` if it needs the older API',
  };
}
