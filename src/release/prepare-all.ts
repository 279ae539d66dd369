import { ActionError } from '../runtime/errors.ts';
import type { PreparedPart } from './part.ts';

/** A part of which nothing has been looked at yet. */
export interface Unprepared {
  readonly name: string;
  prepare(): Promise<PreparedPart>;
}

/**
 * Prepares all parts side by side. What is wrong with them is told together, so that nobody mends one to hear of the next.
 * @throws ActionError `refused`, or what one of them fails by; nothing has been changed
 */
export async function prepareAll(parts: readonly Unprepared[]): Promise<PreparedPart[]> {
  const ended = await Promise.allSettled(parts.map((part) => part.prepare()));
  const failures = ended.flatMap((end, i) =>
    end.status === 'rejected' ? [ofPart(parts[i]?.name ?? '', end.reason)] : [],
  );
  const prepared = ended.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
  const [first, ...others] = failures;
  if (first === undefined) return prepared;
  for (const part of prepared) part.close?.();
  const told = others.filter((error) => error instanceof ActionError);
  if (!(first instanceof ActionError) || told.length === 0) throw first;
  const details = [...(first.problem.details ?? []), ...told.map(({ message }) => `and ${message}`)];
  throw new ActionError(first.outcome, { ...first.problem, details });
}

/** An error with the name of the part that it is about; what nobody foresaw stays as it is. */
export function ofPart(name: string, error: unknown): unknown {
  if (!(error instanceof ActionError)) return error;
  const { input, what, ...rest } = error.problem;
  return new ActionError(error.outcome, {
    ...rest,
    what: input ? `part ${name}, \`${input}\`: ${what}` : `part ${name}: ${what}`,
  });
}
