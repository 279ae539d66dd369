/** Texts by the names of inputs, as an action takes them. */
export type InputTexts = Readonly<Record<string, string>>;

/** What a release file says about one environment: checked, expanded, with what the environment changes. */
export interface ReleaseConfig {
  /** Path of the file, from the workspace. */
  readonly file: string;
  readonly environment: string;
  /** The environment that comes before this one, for promotions. */
  readonly after: string | undefined;
  /** Region of the release bucket, and of parts that name none; `undefined` leaves it to the credentials' own. */
  readonly region: string | undefined;
  /** ARN of the role of the release. */
  readonly role: string | undefined;
  /** Settings of the release as a whole, by the names of inputs: `release-bucket`, `smoke-checks`, `lock-timeout`, … */
  readonly inputs: InputTexts;
  /** Names of parts: those of a wave are activated together, one wave after the other. */
  readonly waves: readonly (readonly string[])[];
  /** The parts of this environment, in the order of the waves. */
  readonly parts: readonly PartConfig[];
}

export type PartConfig = ServiceConfig | SiteConfig;

interface AnyPart {
  readonly name: string;
  /** Line of the part in the file. */
  readonly line: number;
  /** Index into `waves`. */
  readonly wave: number;
  /** The part's own, or the release's where it has none. */
  readonly region: string | undefined;
  readonly role: string | undefined;
  /**
   * Inputs of deploy-backend or deploy-frontend, `environment`, `part` and what the file says for all parts included.
   * What the file does not say is not in it: its default is the action's.
   */
  readonly inputs: InputTexts;
  /** Inputs of the action `test` for the tests of this part. */
  readonly test: InputTexts | undefined;
}

export interface ServiceConfig extends AnyPart {
  readonly kind: 'service';
  /** The image that goes live, by the name of its container; '' where `container` or its repository decides. */
  readonly images: ReadonlyMap<string, ImageSource>;
}

export interface SiteConfig extends AnyPart {
  readonly kind: 'site';
  /** Inputs of the action `test` that builds the folder `inputs.source`; `undefined` where the folder is there already. */
  readonly build: InputTexts | undefined;
}

export type ImageSource =
  /** Built and pushed with these inputs of push-image. */
  | { readonly kind: 'build'; readonly inputs: InputTexts }
  /** Is there already: a reference with a registry, or a repository with a digest. */
  | { readonly kind: 'reference'; readonly reference: string }
  /** What another part's container gets: the same digest. The part is not itself one that takes it from another. */
  | { readonly kind: 'from'; readonly part: string; readonly container: string };
