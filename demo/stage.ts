import { join } from 'node:path';
import { buildSite, checkOut, HISTORY, writeSettings } from './checkout.ts';
import type { Cloud } from './cloud.ts';
import type { GitHubStandIn } from './github.ts';
import { buildImage } from './image.ts';
import { readLedger } from './ledger.ts';
import type { ActReport, Check, Commit, LedgerReport, StepRun } from './model.ts';
import type { Paths } from './paths.ts';
import { describeService, type Resources } from './resources.ts';
import { type RunIdentity, runStep } from './step.ts';
import type { Terminal } from './terminal.ts';
import type { Traffic } from './traffic.ts';

export const ENVIRONMENT = 'production';

/** The week is not as it was promised: shown as it is, without a stack trace. */
export class WeekFailed extends Error {}

export interface StageParts {
  readonly paths: Paths;
  readonly cloud: Cloud;
  readonly github: GitHubStandIn;
  readonly resources: Resources;
  readonly commits: readonly Commit[];
  readonly terminal: Terminal;
  /** Folder of everything that the week writes but its page. */
  readonly workspace: string;
  /** Milliseconds since the week began. */
  readonly now: () => number;
}

/** A commit, checked out and built: what a job has before its first step of ours. */
export interface Build {
  readonly commit: Commit;
  readonly folder: string;
  readonly ociLayout: string;
}

/** Everything that an act can do and look at. What it looks at, it asks for on the wire. */
export class Stage {
  readonly parts: StageParts;
  readonly acts: ActReport[] = [];
  traffic: Traffic | undefined;
  #steps: StepRun[] = [];
  #checks: Check[] = [];
  #stepCount = 0;

  constructor(parts: StageParts) {
    this.parts = parts;
  }

  /**
   * Plays an act. `play` is given the moment at which the act began and answers with its fruit and its verdict.
   * @throws WeekFailed where a check of it did not hold
   */
  async act<T>(
    about: Pick<ActReport, 'day' | 'title' | 'short' | 'story'>,
    play: (from: number) => Promise<readonly [T, string]>,
  ): Promise<T> {
    const { terminal, now } = this.parts;
    const { day, title } = about;
    [this.#steps, this.#checks] = [[], []];
    terminal.begin(day, title);
    const from = now();
    const [fruit, verdict] = await play(from);
    const steps = [...this.#steps].sort((a, b) => a.from - b.from);
    const act = { ...about, verdict, from, to: now(), steps, checks: this.#checks };
    this.acts.push(act);
    terminal.end(act);
    const broken = act.checks.find((check) => !check.ok);
    if (broken)
      throw new WeekFailed(
        `${day}, ${title}: ${broken.what}: expected ${broken.expected}, found ${broken.found}${lastWords(act.steps)}`,
      );
    return fruit;
  }

  /** Checks out commit number `index` and builds its site; its image is built where one is wanted. */
  async build(index: number): Promise<Build> {
    const { paths, workspace, commits, resources, terminal } = this.parts;
    const commit = commits[index];
    if (!commit) throw new Error(`the history has no commit ${index}`);
    terminal.doing('building');
    const folder = join(workspace, 'checkouts', commit.sha.slice(0, 7));
    checkOut(join(paths.root, 'examples/app'), HISTORY, index, folder);
    writeSettings(folder, resources.siteUrl);
    await buildSite(folder, { API_URL: resources.apiUrl, COMMIT: commit.sha });
    const ociLayout = await buildImage(join(folder, 'backend'), commit.sha, join(folder, 'image'));
    return { commit, folder, ociLayout };
  }

  /** Runs one action in a build's checkout. */
  async step(
    action: string,
    inputs: Readonly<Record<string, string>>,
    build: Build,
    run: Omit<RunIdentity, 'sha' | 'job'>,
  ): Promise<StepRun> {
    const { paths, workspace, cloud, github, terminal, now } = this.parts;
    terminal.doing(action);
    const step = await runStep(paths, action, inputs, {
      run: { ...run, sha: build.commit.sha, job: action },
      workspace: build.folder,
      temp: join(workspace, 'steps', String(++this.#stepCount)),
      env: cloud.env,
      githubApi: github.url,
      now,
    });
    this.#steps.push(step);
    return step;
  }

  /** A step whose outcome is known beforehand. */
  ended(step: StepRun, outcome: string, colour: 'green' | 'red'): void {
    this.check(`${step.action} ends`, outcome, step.outputs['outcome'] ?? `exit code ${step.exitCode}`);
    this.check(`the step ${step.action} is`, colour, step.exitCode === 0 ? 'green' : 'red');
  }

  check(what: string, expected: string | number, found: string | number): void {
    this.#checks.push({ what, expected: String(expected), found: String(found), ok: expected === found });
  }

  /** What a user of the API gets: the commit that answers. */
  async apiCommit(): Promise<string> {
    const answer = await fetch(`${this.parts.resources.apiUrl}/version`);
    return String(((await answer.json()) as { commit?: string }).commit ?? 'none');
  }

  /** What a visitor gets through the CDN. */
  async page(path: string): Promise<{ status: number; text: string }> {
    const answer = await fetch(`${this.parts.resources.siteUrl}${path}`);
    return { status: answer.status, text: await answer.text() };
  }

  /** The image that App Runner says it runs. */
  async runningImage(): Promise<string> {
    const service = await describeService(this.parts.cloud, this.parts.resources.service);
    return service.SourceConfiguration.ImageRepository.ImageIdentifier;
  }

  ledger(): Promise<LedgerReport> {
    return readLedger(this.parts.cloud, this.parts.resources.releaseBucket, ENVIRONMENT);
  }
}

function lastWords(steps: readonly StepRun[]): string {
  const last = steps.at(-1);
  return last
    ? `\n\n  The log of ${last.action} ends:\n${last.log.trimEnd().split('\n').slice(-25).join('\n')}`
    : '';
}
