import type { Place } from '../runtime/document/source.ts';
import type { Secrets } from '../runtime/secrets.ts';
import type { Dynamic } from './document/scope.ts';
import type { Expectation } from './expect/expectation.ts';
import type { JsonPath } from './json-path.ts';

/** What a failed check means: put the old release back, or only say so. */
export type Gate = 'rollback' | 'warn';

export const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete', 'options'] as const;
export type Method = (typeof METHODS)[number];

/** A request as the file describes it. */
export interface Request {
  readonly method: Method;
  /** A path on the base address, or an absolute address. */
  readonly address: Dynamic<string>;
  readonly headers: ReadonlyMap<string, Dynamic<string>>;
  /** Headers of `defaults:`: sent to the service at the base address, and to no other host. */
  readonly defaultHeaders: ReadonlyMap<string, Dynamic<string>>;
  readonly body: { readonly contentType: string; readonly text: Dynamic<string> } | undefined;
  /** How many redirects are followed; 0 to judge the redirect itself. */
  readonly redirects: number;
  /** Milliseconds for one answer, connection and redirects included. */
  readonly timeout: number;
}

export interface Retry {
  /** Milliseconds of wall-clock time in which a failed check is tried again; 0 for one try. */
  readonly budget: number;
  /** Successes in a row that make a pass, from 1. */
  readonly consecutive: number;
  /** Milliseconds between two successes, and the first pause after a failure, which then doubles up to 10 s. */
  readonly interval: number;
}

/** A value kept from the answer for later checks. */
export interface Capture extends Place {
  readonly name: string;
  readonly from:
    | { readonly json: JsonPath }
    | { readonly header: string; readonly matches?: string | undefined }
    | { readonly body: string };
  /** A captured value is a secret unless the file says otherwise. */
  readonly public: boolean;
}

export interface Check extends Place {
  readonly name: string;
  readonly gate: Gate;
  readonly tags: readonly string[];
  /** Names of the checks that must have passed before: those named, and those whose captures it uses. */
  readonly needs: readonly string[];
  readonly request: Request;
  readonly retry: Retry;
  readonly expect: readonly Expectation[];
  readonly capture: readonly Capture[];
}

/** A request that is made until the service is warm; it judges nothing. */
export interface Warmup {
  readonly request: Request;
  readonly budget: number;
}

/** A checks file, read, with the environment filled in. */
export interface Checks {
  /** As a person finds it: a path, or `urls` for the short form. */
  readonly file: string;
  readonly baseUrl: string | undefined;
  /** True where a request has a path only, so that a base address must come from somewhere. */
  readonly needsBaseUrl: boolean;
  readonly warmup: Warmup | undefined;
  /**
   * Which release must be the one that answers: asked before all checks and once more after them. Where it looks at a
   * header, every answer of the service that carries this header is held to it.
   */
  readonly release: Check | undefined;
  readonly checks: readonly Check[];
  /** Requests under way at once. */
  readonly parallel: number;
  readonly secrets: Secrets;
}
