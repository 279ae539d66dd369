/** How a value of the release file is written, and how it becomes the text that an input takes. */
export type Form =
  /** Text. Nothing in it is expanded where `literal` says so. */
  | { readonly is: 'text'; readonly literal?: true }
  /** A command: one text, or a list whose items are the words. Nothing in it is expanded. */
  | { readonly is: 'command' }
  /** A path in the repository. Nothing in it is expanded where `literal` says so. */
  | { readonly is: 'path'; readonly literal?: true }
  /** `true` or `false`. */
  | { readonly is: 'flag' }
  /** A whole number, both ends included; or one of the words in `or`. */
  | { readonly is: 'number'; readonly min: number; readonly max: number; readonly or?: readonly string[] }
  /** A time such as `90s` or `20m`. */
  | { readonly is: 'duration' }
  /** A percentage such as `1%`; where `orNumber` says so, a whole number too. */
  | { readonly is: 'percentage'; readonly orNumber?: true }
  /** One of a few words. */
  | { readonly is: 'choice'; readonly of: readonly string[] }
  /** One text or a list of texts: a line each. */
  | { readonly is: 'lines' }
  /**
   * A mapping: a line each, with `between` between name and value. Names are those of variables where `names` says so;
   * `quoted`: the line is one of an env file, with its quotes.
   */
  | {
      readonly is: 'pairs';
      readonly between: '=' | ': ';
      readonly names?: 'variables';
      readonly quoted?: true;
    }
  /** A mapping of globs to headers: `glob: name: value` lines. */
  | { readonly is: 'headers' };

/** A key of the release file that says what an input says. */
export interface Setting {
  /** As in the file, `probe.interval` for a key within `probe`. */
  readonly key: string;
  /** The input of the action that takes it. */
  readonly input: string;
  readonly form: Form;
  /** True for the key that is meant where a group is given one text or a list: `migrate: …` is `migrate.command`. */
  readonly short?: true;
}

/** What one kind of part may say of itself in the release file: each kind hands it in. */
export interface PartSettings {
  readonly kind: 'service' | 'site';
  /** The key that a part of this kind has and no other. */
  readonly mark: string;
  /** The action whose inputs its settings are. */
  readonly action: string;
  readonly settings: readonly Setting[];
  /** Inputs (and the part's `region`) that together say what the part is: two parts that agree in them are one. */
  readonly identity: readonly string[];
  /** Where what goes live comes from: images that are built or named, or a folder that is built. */
  readonly source: 'image' | 'build';
  /** The settings of that build, as inputs of the action that builds. */
  readonly build: {
    readonly action: string;
    readonly settings: readonly Setting[];
    readonly perRun: Readonly<Record<string, string>>;
  };
  /** Inputs that another key of the file says, with the key. */
  readonly elsewhere: Readonly<Record<string, string>>;
  /** Inputs that are a matter of one run, with the reason. */
  readonly perRun: Readonly<Record<string, string>>;
}
