import type { Operation } from '../../core/rpc.ts';
import type { CloudRequest } from '../../core/service.ts';
import type { Shape } from '../../core/shape.ts';
import { checkTags, type TagRules } from './tags.ts';
import { inputShape, lowerFirst, readModel } from './validate.ts';

/**
 * One operation. Its input was checked against AWS's own model of it before it gets here: the types, required members and
 * limits hold, so the members are used as they are. `I` is its type, from `inputs/`.
 */
export interface ModelledOperation<I> {
  readonly run: (input: I, request: CloudRequest) => unknown;
  /** Members of AWS's model that nothing here could act upon: a request that gives one is refused with its name. */
  readonly refuses?: ReadonlyArray<keyof I & string>;
  /** What it is about, for the request log. */
  readonly resource?: (input: I, request: CloudRequest) => string | undefined;
  /** Default: by the name; Describe, List, Get, BatchGet, BatchCheck and Filter only read. */
  readonly mutating?: boolean;
  /** All IAM actions that AWS asks for, where it is not the operation's name alone. */
  readonly iam?: readonly string[];
}

/** @throws a violation, in the service's own form, for each of these members; one that asks for nothing passes */
function refusing(shape: Shape<unknown>, refuses: readonly string[]): Shape<unknown> {
  if (refuses.length === 0) return shape;
  return {
    read: (value, path, reading) => {
      const input = shape.read(value, path, reading) as Readonly<Record<string, unknown>>;
      for (const member of refuses) {
        const asked = input[member];
        if (asked === undefined || asked === false || (Array.isArray(asked) && asked.length === 0)) continue;
        const constraint = 'Member is not offered by the local cloud';
        reading.violations.push({ path: lowerFirst(member), value: asked, constraint });
      }
      return input;
    },
  };
}

const reading = /^(Describe|List|Get|BatchGet|BatchCheck|Filter)/;

/** What is done for each operation: `I` has the types of their input, `inputs/` those of a table. */
export type ModelledOperations<I> = {
  readonly [O in keyof I]: ModelledOperation<I[O]> | ModelledOperation<I[O]>['run'];
};

/** Operations whose input shapes are those of a table of this folder, and whose tags keep to the service's rules. */
export function modelled<I extends object>(
  table: string,
  tags: TagRules,
  operations: ModelledOperations<I>,
  skip: readonly string[] = [],
): Record<string, Operation> {
  const model = readModel(table);
  return Object.fromEntries(
    Object.entries<unknown>(operations).map(([name, given]) => {
      // Each has the input that the table says, which the types above hold the callers to.
      const spec = (typeof given === 'function' ? { run: given } : given) as ModelledOperation<unknown>;
      const operation: Operation = {
        input: refusing(inputShape(model, name, skip), (spec.refuses ?? []) as readonly string[]),
        mutating: spec.mutating ?? !reading.test(name),
        iam: spec.iam,
        resource: (input, request) => spec.resource?.(input, request),
        handle: (input, request) => {
          checkTags(input as Record<string, unknown>, tags);
          return spec.run(input, request);
        },
      };
      return [name, operation];
    }),
  );
}
