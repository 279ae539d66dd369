import { action as deploy } from '../actions/deploy/interface.ts';
import { action as deployBackend } from '../actions/deploy-backend/interface.ts';
import { action as deployFrontend } from '../actions/deploy-frontend/interface.ts';
import { action as drift } from '../actions/drift/interface.ts';
import { action as history } from '../actions/history/interface.ts';
import { action as preflight } from '../actions/preflight/interface.ts';
import { action as pushImage } from '../actions/push-image/interface.ts';
import { action as rollback } from '../actions/rollback/interface.ts';
import { action as smokeTest } from '../actions/smoke-test/interface.ts';
import type { ActionInterface } from '../runtime/inputs.ts';

/** A command that runs an action's own bundle: a new one is a line in the table below. */
export interface Command {
  readonly action: ActionInterface;
  /** One line for the list of commands. */
  readonly about: string;
  /** Inputs that may be given without their names, in this order. */
  readonly positional: readonly string[];
  readonly example: string;
  /** Inputs that may be given several times: a line each. */
  readonly repeatable?: readonly string[];
  /** Other names of flags: the name that is written, then the input. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Inputs whose default is another one here than in a job. */
  readonly defaults?: Readonly<Record<string, string>>;
}

export const COMMANDS: Readonly<Record<string, Command>> = {
  preflight: {
    action: preflight,
    about: 'is all in place for a deployment? looks, and changes nothing',
    positional: [],
    example: 'wwhd-deploy preflight --bucket my-site --distribution E1ABCDEF --repository my-api',
  },
  deploy: {
    action: deploy,
    about: 'a whole release from the release file: all its parts, or none',
    positional: [],
    repeatable: ['variables', 'images', 'sites'],
    aliases: { var: 'variables', image: 'images', site: 'sites' },
    example: 'wwhd-deploy deploy --environment staging --var SITE_BUCKET=my-site --image api=…@sha256:…',
  },
  rollback: {
    action: rollback,
    about: 'go back to any recorded release, backend and frontend as a pair',
    positional: ['to'],
    example: 'wwhd-deploy rollback --release-bucket my-site-backup --to latest-good',
  },
  history: {
    action: history,
    about: 'releases, what is live, what is good, and the delivery figures',
    positional: [],
    example: 'wwhd-deploy history --release-bucket my-site-backup --limit 10',
  },
  drift: {
    action: drift,
    about: 'does what runs differ from what the ledger says?',
    positional: [],
    example: 'wwhd-deploy drift --release-bucket my-site-backup --environment production',
    // Nobody on a laptop keeps an issue; a script wants to know by the exit code.
    defaults: { issue: 'false', fail: 'true' },
  },
  'deploy-frontend': {
    action: deployFrontend,
    about: 'a folder onto S3 and CloudFront',
    positional: ['source'],
    example: 'wwhd-deploy deploy-frontend ./dist --bucket my-site --distribution E1ABCDEF',
  },
  'deploy-backend': {
    action: deployBackend,
    about: 'a container image onto App Runner or ECS',
    positional: [],
    example: 'wwhd-deploy deploy-backend --service arn:aws:apprunner:… --image …@sha256:…',
  },
  'push-image': {
    action: pushImage,
    about: 'build an image and push it to ECR under a tag that never moves',
    positional: [],
    example: 'wwhd-deploy push-image --repository my-api',
  },
  'smoke-test': {
    action: smokeTest,
    about: 'prove with real requests that a service answers as it should',
    positional: ['checks'],
    example: 'wwhd-deploy smoke-test checks.yml --base-url https://api.example.com',
  },
};

/** Commands with a `dry-run` input: what `wwhd-deploy plan <command>` takes. */
export const PLANNABLE: readonly string[] = Object.keys(COMMANDS).filter(
  (name) => 'dry-run' in (COMMANDS[name]?.action.inputs ?? {}),
);
