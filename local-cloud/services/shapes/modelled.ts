import type { Operation } from '../../core/rpc.ts';
import type { CloudRequest } from '../../core/service.ts';
import { inputShape, readModel } from './validate.ts';

/**
 * Input of an operation, checked against AWS's own model of it before it gets here: the types, required members and
 * limits hold, so the members are used as they are.
 */
// biome-ignore lint/suspicious/noExplicitAny: the model's table is the type, and it was checked at the door
export type Input = any;

export interface ModelledOperation {
  readonly run: (input: Input, request: CloudRequest) => unknown;
  /** What it is about, for the request log. */
  readonly resource?: (input: Input, request: CloudRequest) => string | undefined;
  /** Default: by the name; Describe, List, Get, BatchGet, BatchCheck and Filter only read. */
  readonly mutating?: boolean;
  /** All IAM actions that AWS asks for, where it is not the operation's name alone. */
  readonly iam?: readonly string[];
}

const reading = /^(Describe|List|Get|BatchGet|BatchCheck|Filter)/;

/** Operations whose input shapes are those of a table of this folder. */
export function modelled(
  table: string,
  operations: Readonly<Record<string, ModelledOperation | ModelledOperation['run']>>,
  skip: readonly string[] = [],
): Record<string, Operation> {
  const model = readModel(table);
  return Object.fromEntries(
    Object.entries(operations).map(([name, given]) => {
      const spec: ModelledOperation = typeof given === 'function' ? { run: given } : given;
      const operation: Operation = {
        input: inputShape(model, name, skip),
        mutating: spec.mutating ?? !reading.test(name),
        iam: spec.iam,
        resource: (input, request) => spec.resource?.(input, request),
        handle: (input, request) => spec.run(input, request),
      };
      return [name, operation];
    }),
  );
}
