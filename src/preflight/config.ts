/** What to look at; whatever is absent is not looked at. */
export interface PreflightConfig {
  readonly environment: string;
  readonly backend?: BackendPlace | undefined;
  readonly repository?: RepositoryPlace | undefined;
  /** The image to be deployed, where one is named already. */
  readonly image?:
    | {
        readonly repository: string;
        readonly account?: string | undefined;
        readonly tag?: string | undefined;
        readonly digest?: string | undefined;
      }
    | undefined;
  /** Variable name to the secret that it refers to. */
  readonly secrets: Readonly<
    Record<
      string,
      {
        readonly secret: string;
        readonly jsonKey?: string | undefined;
        /** True for a parameter of the SSM Parameter Store. */
        readonly parameter?: boolean | undefined;
      }
    >
  >;
  /** Plain variables: name to value. Values are looked at and never shown. */
  readonly variables: Readonly<Record<string, string>>;
  readonly alarms: readonly string[];
  readonly site?: SitePlace | undefined;
  readonly releaseBucket?: string | undefined;
  readonly vectorStore?: VectorStore | undefined;
  /** Look for a budget and for cost tags. */
  readonly cost: boolean;
  /** Findings that could not be made fail the run. */
  readonly failOnUnknown: boolean;
}

export interface BackendPlace {
  readonly target: 'apprunner' | 'ecs' | 'ecs-express';
  readonly arn?: string | undefined;
  readonly name: string;
  readonly cluster?: string | undefined;
  readonly container?: string | undefined;
}

export interface RepositoryPlace {
  readonly name: string;
  readonly account?: string | undefined;
}

export interface SitePlace {
  readonly bucket: string;
  readonly prefix: string;
  /** Ids of those in front of it. */
  readonly distributions: readonly string[];
  readonly siteUrl?: string | undefined;
}

/** A Qdrant server. */
export interface VectorStore {
  readonly url: string;
  readonly apiKey?: string | undefined;
  /** Collections that must be there. */
  readonly collections: readonly string[];
}
