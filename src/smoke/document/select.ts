import { refused } from '../../runtime/errors.ts';
import type { Check, Checks } from '../checks.ts';
import { nearest } from './nearest.ts';

/**
 * The checks that carry one of the tags (`!tag` leaves out those that carry it), with everything that they need.
 * Without tags, all of them.
 * @throws ActionError `refused` where no check has one of the tags, or none is left
 */
export function selectChecks(checks: Checks, tags: readonly string[], input = 'tags'): Checks {
  if (tags.length === 0) return checks;
  const known = [...new Set(checks.checks.flatMap((check) => check.tags))];
  const unknown = tags.map(bare).find((tag) => !known.includes(tag));
  if (unknown !== undefined) {
    const near = nearest(unknown, known);
    throw refused({
      input,
      what: `no check in ${checks.file} has the tag ${JSON.stringify(unknown)}`,
      found: known.length > 0 ? `the tags ${known.join(', ')}` : 'checks without tags',
      fix: near ? `did you mean ${near}?` : 'name one of them, or tag the checks',
    });
  }
  const selected = withNeeds(checks.checks, chosen(checks.checks, tags));
  if (selected.length === 0) {
    throw refused({
      input,
      what: `leaves no check of ${checks.file}`,
      found: tags.join(', '),
      fix: 'name other tags',
    });
  }
  return { ...checks, checks: selected };
}

const bare = (tag: string) => tag.replace(/^!/, '');

function chosen(checks: readonly Check[], tags: readonly string[]): Check[] {
  const wanted = tags.filter((tag) => !tag.startsWith('!'));
  const unwanted = tags.filter((tag) => tag.startsWith('!')).map(bare);
  return checks.filter(
    (check) =>
      (wanted.length === 0 || check.tags.some((tag) => wanted.includes(tag))) &&
      !check.tags.some((tag) => unwanted.includes(tag)),
  );
}

/** In the order of the file. */
function withNeeds(checks: readonly Check[], wanted: readonly Check[]): Check[] {
  const byName = new Map(checks.map((check) => [check.name, check]));
  const names = new Set<string>();
  const queue = [...wanted];
  for (let check = queue.pop(); check; check = queue.pop()) {
    if (names.has(check.name)) continue;
    names.add(check.name);
    for (const name of check.needs) {
      const needed = byName.get(name);
      if (needed) queue.push(needed);
    }
  }
  return checks.filter((check) => names.has(check.name));
}
