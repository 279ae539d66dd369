import type { Mistake } from '../../runtime/document/source.ts';
import type { Check } from '../checks.ts';
import { nearest } from './nearest.ts';

/** A check before its needs are complete. */
type Draft = Check;

/** Names of the captures that a check uses, in its request and in what it expects. */
export function capturesUsed(check: Draft): string[] {
  const { address, headers, defaultHeaders, body } = check.request;
  const dynamic = [address, ...headers.values(), ...defaultHeaders.values(), ...(body ? [body.text] : [])];
  return [...dynamic, ...check.expect].flatMap((part) => part.captures);
}

/**
 * The checks with all their needs: those named under `needs`, and the checks that capture what they use. Names that
 * are unknown or used twice, captures that nothing captures, and needs that lead back to themselves are mistakes.
 */
export function completeNeeds(drafts: readonly Draft[]): { checks: Check[]; mistakes: Mistake[] } {
  const mistakes: Mistake[] = [];
  const note = (check: Draft, what: string) =>
    mistakes.push({
      line: check.line,
      column: check.column,
      path: `check ${JSON.stringify(check.name)}`,
      what,
    });
  const byName = new Map<string, Draft>();
  for (const check of drafts) {
    const twin = byName.get(check.name);
    if (twin) note(check, `has the name of the check on line ${twin.line}; give each its own`);
    byName.set(check.name, check);
  }
  const capturers = capturersOf(drafts, note);
  const checks = drafts.map((check) => ({
    ...check,
    needs: [...new Set([...namedNeeds(check, byName, note), ...capturedNeeds(check, capturers, note)])],
  }));
  if (mistakes.length === 0) {
    const circle = findCircle(checks);
    const [first] = circle ?? [];
    if (circle && first)
      note(first, `needs itself: ${[...circle, first].map(({ name }) => name).join(' → ')}`);
  }
  return { checks, mistakes };
}

type Note = (check: Draft, what: string) => void;

function capturersOf(drafts: readonly Draft[], note: Note): Map<string, string> {
  const capturers = new Map<string, string>();
  for (const check of drafts) {
    for (const { name } of check.capture) {
      const other = capturers.get(name);
      if (other !== undefined) note(check, `captures \`${name}\`, which "${other}" captures already`);
      capturers.set(name, check.name);
    }
  }
  return capturers;
}

function namedNeeds(check: Draft, byName: ReadonlyMap<string, Draft>, note: Note): string[] {
  return check.needs.filter((name) => {
    if (byName.has(name)) return true;
    const near = nearest(name, [...byName.keys()]);
    note(
      check,
      `needs ${JSON.stringify(name)}, which is not the name of a check${near ? `; did you mean "${near}"?` : ''}`,
    );
    return false;
  });
}

function capturedNeeds(check: Draft, capturers: ReadonlyMap<string, string>, note: Note): string[] {
  return capturesUsed(check).flatMap((name) => {
    const capturer = capturers.get(name);
    if (capturer === undefined) {
      const near = nearest(name, [...capturers.keys()]);
      note(
        check,
        `uses \${capture.${name}}, which no check captures${near ? `; did you mean \`\${capture.${near}}\`?` : ''}`,
      );
      return [];
    }
    return [capturer];
  });
}

/** Checks that need one another in a circle, if there is one. */
function findCircle(checks: readonly Check[]): Check[] | undefined {
  const byName = new Map(checks.map((check) => [check.name, check]));
  const done = new Set<string>();
  const visit = (check: Check, trail: readonly Check[]): Check[] | undefined => {
    const at = trail.indexOf(check);
    if (at >= 0) return trail.slice(at);
    if (done.has(check.name)) return undefined;
    for (const name of check.needs) {
      const needed = byName.get(name);
      const circle = needed && visit(needed, [...trail, check]);
      if (circle) return circle;
    }
    done.add(check.name);
    return undefined;
  };
  for (const check of checks) {
    const circle = visit(check, []);
    if (circle) return circle;
  }
  return undefined;
}
