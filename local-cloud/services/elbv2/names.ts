import { isDeepStrictEqual } from 'node:util';
import { refuse } from './store.ts';

/**
 * Names of load balancers and target groups: up to 32 letters, digits and hyphens, none at an end (ELB API, CreateLoadBalancer
 * and CreateTargetGroup); a load balancer's does not begin with `internal-`.
 * @throws ValidationError
 */
export function checkName(what: 'Load balancer' | 'Target group', name: string): void {
  const bad = (rule: string) => refuse('ValidationError', `${what} name '${name}' ${rule}`);
  if (name.length > 32) throw bad("cannot be longer than '32' characters");
  if (!/^[A-Za-z0-9-]+$/.test(name))
    throw bad('can only contain characters that are alphanumeric characters or hyphens(-)');
  if (name.startsWith('-') || name.endsWith('-')) throw bad('cannot begin or end with a hyphen(-)');
  if (what === 'Load balancer' && name.startsWith('internal-')) throw bad("cannot begin with 'internal-'");
}

/** What is asked for again, but for its tags: such a call succeeds and makes nothing (ELB API, each Create operation). */
export function sameSettings<T extends { readonly Tags?: unknown }>(known: T, wanted: T): boolean {
  const bare = ({ Tags: _tags, ...rest }: T) => rest;
  return isDeepStrictEqual(bare(known), bare(wanted));
}
