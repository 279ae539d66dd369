import { didYouMean, type Field } from '../../runtime/document/field.ts';

/**
 * What GitHub says of a run that a release file may use: nothing that is secret, and nothing that the workflow sets.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/variables
 */
export const GITHUB_NAMES = [
  'GITHUB_ACTOR',
  'GITHUB_BASE_REF',
  'GITHUB_EVENT_NAME',
  'GITHUB_HEAD_REF',
  'GITHUB_REF',
  'GITHUB_REF_NAME',
  'GITHUB_REF_TYPE',
  'GITHUB_REPOSITORY',
  'GITHUB_REPOSITORY_OWNER',
  'GITHUB_RUN_ATTEMPT',
  'GITHUB_RUN_ID',
  'GITHUB_RUN_NUMBER',
  'GITHUB_SERVER_URL',
  'GITHUB_SHA',
  'GITHUB_WORKFLOW',
] as const;

/** Those of {@link GITHUB_NAMES} that are set: the rest of an environment is not looked at. */
export function githubVariables(
  env: Readonly<Record<string, string | undefined>>,
): Array<readonly [string, string]> {
  return GITHUB_NAMES.flatMap((name) => {
    const value = env[name];
    return value ? [[name, value] as const] : [];
  });
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** `$${`, `${…}`, or a `${` that is not closed. */
const REFERENCE = /\$\$\{|\$\{([^{}]*)\}|\$\{/g;

/** The names that `${NAME}` may stand for. */
export class Variables {
  readonly #values: ReadonlyMap<string, string>;
  /** Names that are not set are passed over: what is read belongs to another environment, or is not used. */
  readonly #lenient: boolean;

  constructor(values: ReadonlyMap<string, string>, lenient = false) {
    this.#values = values;
    this.#lenient = lenient;
  }

  /** The same, for text that is looked at and not used. */
  lenient(): Variables {
    return new Variables(this.#values, true);
  }

  /**
   * The text with its references filled in. `undefined` where one cannot be: as a mistake, or, where names may be unset,
   * silently.
   */
  expand(field: Field, text: string): string | undefined {
    if (text.includes('${{')) return field.mistake(`${EXPRESSION}, found ${field.found()}`);
    let whole: boolean = true;
    const expanded = text.replaceAll(REFERENCE, (reference: string, name: string | undefined) => {
      if (reference === '$${') return '${';
      const value = this.#value(field, reference, name);
      if (value === undefined) whole = false;
      return value ?? '';
    });
    return whole ? expanded : undefined;
  }

  #value(field: Field, reference: string, name: string | undefined): string | undefined {
    if (name === undefined || !NAME.test(name)) {
      return field.mistake(
        `has ${reference}, which is no reference: write \${NAME} for a variable, $\${ for a plain \${`,
      );
    }
    const value = this.#values.get(name);
    if (value) return value;
    if (this.#lenient) return undefined;
    return field.mistake(value === '' ? `uses \${${name}}, which is set but empty` : this.#unset(name));
  }

  #unset(name: string): string {
    const near = didYouMean(name, [...this.#values.keys()]);
    return `uses \${${name}}, which is not set${near.includes('mean') ? near : ''}; ${HOW}`;
  }
}

const EXPRESSION =
  'has an expression of GitHub, which stands in workflows only: write ${NAME} for a variable (vars.NAME)';
const HOW =
  'give it as a variable of the repository or environment on GitHub, with `--var NAME=value`, or under `variables:` of the file';

/** Reads a mapping of names to plain texts. */
export function readVariables(field: Field): Array<readonly [string, string]> {
  return [...(field.members() ?? [])].flatMap(([name, member]) => {
    if (!NAME.test(name) || /^github_/i.test(name)) {
      member.mistake('is not a name for a variable: letters, digits and _, and not GITHUB_…', 'key');
      return [];
    }
    const text = member.text();
    if (text?.includes('${')) {
      member.mistake(`must be plain text: one variable is not made of others, found ${member.found()}`);
      return [];
    }
    return text === undefined ? [] : [[name, text] as const];
  });
}
