import type { Operation } from '../../core/rpc.ts';
import type { CloudRequest } from '../../core/service.ts';
import { checkTags, type TagRules } from './tags.ts';
import { inputShape, readModel } from './validate.ts';

/**
 * Input of an operation, checked against AWS's own model of it before it gets here: the types, required members and
 * limits hold, so the members are used as they are.
 */
// biome-ignore lint/suspicious/noExplicitAny: the model's table is the type, and it was checked at the door
export type Input = any;

export interface ModelledOperation<I = Input> {
  readonly run: (input: I, request: CloudRequest) => unknown;
  /** What it is about, for the request log. */
  readonly resource?: (input: I, request: CloudRequest) => string | undefined;
  /** Default: by the name; Describe, List, Get, BatchGet, BatchCheck and Filter only read. */
  readonly mutating?: boolean;
  /** All IAM actions that AWS asks for, where it is not the operation's name alone. */
  readonly iam?: readonly string[];
}

const reading = /^(Describe|List|Get|BatchGet|BatchCheck|Filter)/;

/** What is done for each operation: `I` has the types of their input, `inputs/` those of a table. */
export type ModelledOperations<I> = {
  readonly [O in keyof I]: ModelledOperation<I[O]> | ModelledOperation<I[O]>['run'];
};

/** Operations whose input shapes are those of a table of this folder, and whose tags keep to the service's rules. */
export function modelled<I extends object = Record<string, Input>>(
  table: string,
  tags: TagRules,
  operations: ModelledOperations<I>,
  skip: readonly string[] = [],
): Record<string, Operation> {
  const model = readModel(table);
  return Object.fromEntries(
    Object.entries<ModelledOperation | ModelledOperation['run']>(operations).map(([name, given]) => {
      const spec: ModelledOperation = typeof given === 'function' ? { run: given } : given;
      const operation: Operation = {
        input: inputShape(model, name, skip),
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
