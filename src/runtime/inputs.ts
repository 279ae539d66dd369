import { parseDuration } from './duration.ts';
import { refused } from './errors.ts';

/** The generated description of an action: names, defaults and requirements, from its action.yml. */
export interface ActionInterface {
  readonly name: string;
  readonly inputs: Readonly<Record<string, InputSpec>>;
  readonly outputs: Readonly<Record<string, { readonly description: string }>>;
}
export interface InputSpec {
  readonly required: boolean;
  readonly default: string;
  readonly description: string;
}
export type InputName<A extends ActionInterface> = keyof A['inputs'] & string;
export type OutputName<A extends ActionInterface> = keyof A['outputs'] & string;

/** Where raw input strings come from: `INPUT_*` in a job, flags on the command line. '' stands for not given. */
export type RawInput = (name: string) => string;

const EMPTY_HINT =
  'give it a value; if it is set from an expression such as ${{ vars.NAME }}, that expression expanded to nothing: check the name and the environment that it is defined in';

/**
 * Reads an action's inputs as typed values. Every refusal names the input, what was found and what to do; all of them
 * happen before anything is touched.
 */
export class Inputs<A extends ActionInterface> {
  readonly #action: A;
  readonly #raw: RawInput;

  constructor(action: A, raw: RawInput) {
    this.#action = action;
    this.#raw = raw;
  }

  /** The trimmed text, or the default of action.yml; '' where neither is given. */
  text(name: InputName<A>): string {
    const spec = this.#action.inputs[name];
    const given = this.#raw(name).trim();
    // GitHub expands a default such as ${{ github.token }} by itself; where it did not run us, there is none.
    const fallback = spec?.default.startsWith('${{') ? '' : (spec?.default ?? '');
    const value = given || fallback;
    // An expression that reached us unexpanded stands in a place where GitHub evaluates none, such as a file.
    if (value.startsWith('${{')) {
      throw refused({
        input: name,
        what: 'the expression was not expanded',
        found: value,
        fix: 'use expressions in the workflow file only, where GitHub evaluates them',
      });
    }
    return value;
  }

  /** The text of an input that must not be empty. */
  required(name: InputName<A>): string {
    const value = this.text(name);
    if (value === '') throw refused({ input: name, what: 'is required but empty', fix: EMPTY_HINT });
    return value;
  }

  /** `true` or `false`, in any of YAML 1.2's spellings; nothing else is guessed at. */
  flag(name: InputName<A>): boolean {
    const value = this.text(name).toLowerCase();
    if (value === 'true') return true;
    if (value === 'false' || value === '') return false;
    throw refused({
      input: name,
      what: 'is not true or false',
      found: JSON.stringify(value),
      fix: 'write true or false',
    });
  }

  /** Milliseconds of a duration, see {@link parseDuration}. */
  duration(name: InputName<A>): number {
    const value = this.text(name);
    const ms = parseDuration(value);
    if (ms !== undefined) return ms;
    throw refused({
      input: name,
      what: 'is not a duration',
      found: JSON.stringify(value),
      fix: 'write it like 500ms, 90s, 20m or 1h30m',
    });
  }

  /** A number in a range, both ends included. */
  number(name: InputName<A>, range: { min: number; max: number; integer?: boolean }): number {
    const value = Number(this.text(name));
    const ok = Number.isFinite(value) && value >= range.min && value <= range.max && this.text(name) !== '';
    if (ok && (!range.integer || Number.isInteger(value))) return value;
    throw refused({
      input: name,
      what: `is not a ${range.integer ? 'whole ' : ''}number from ${range.min} to ${range.max}`,
      found: JSON.stringify(this.text(name)),
      fix: 'correct it',
    });
  }

  /** One percentage such as `1%` or `0.5%`, as a fraction from 0 to 1. */
  percentage(name: InputName<A>): number {
    const value = this.text(name);
    const match = /^(\d+(?:\.\d+)?)\s*%$/.exec(value);
    const fraction = Number(match?.[1]) / 100;
    if (match && fraction <= 1) return fraction;
    throw refused({
      input: name,
      what: 'is not a percentage from 0% to 100%',
      found: JSON.stringify(value),
      fix: 'write it like 1% or 50%',
    });
  }

  /** One word of a fixed set. */
  choice<const T extends string>(name: InputName<A>, choices: readonly T[]): T {
    const value = this.text(name);
    const found = choices.find((choice) => choice === value);
    if (found !== undefined) return found;
    throw refused({
      input: name,
      what: 'is not one of its values',
      found: JSON.stringify(value),
      fix: `use one of: ${choices.join(', ')}`,
    });
  }

  /** The non-empty lines, trimmed; lines that start with `#` are comments. */
  lines(name: InputName<A>): string[] {
    return this.text(name)
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#'));
  }
}
