import type { TargetKind } from '../plan/spec.ts';

/** What a person would go and look up after a failed rollout. */
export interface Findings {
  /** The target's own events, newest last. */
  readonly events: readonly string[];
  /** Why tasks stopped: reasons and exit codes. */
  readonly stopped: readonly string[];
  /** Last lines that the app printed. */
  readonly log: readonly string[];
  /** How the health check is configured, to say it in a sentence. */
  /** An empty path: it is a load balancer's, which the service does not know. */
  readonly health: { readonly protocol: string; readonly path: string; readonly port: string };
}

interface Cause {
  readonly pattern: RegExp;
  say(health: Findings['health'], target: TargetKind): string;
}

const asked = (path: string) => (path ? ` asked ${path} and` : '');

const ROLE: Record<TargetKind, { pull: string; secret: string }> = {
  apprunner: { pull: 'access role', secret: 'instance role' },
  ecs: { pull: 'task execution role', secret: 'task execution role' },
  'ecs-express': { pull: 'task execution role', secret: 'task execution role' },
};

/** The common causes, in the order in which they hide one another. The patterns are words of AWS's and runtimes' messages. */
const CAUSES: readonly Cause[] = [
  {
    pattern:
      /exec format error|does not match (the )?platform|image manifest does not contain descriptor matching platform|exec user process caused/i,
    say: () =>
      'The image was built for another platform than the service runs: build it with `platform: linux/amd64` (or what the service is set to).',
  },
  {
    pattern:
      /CannotPullContainerError.*(denied|not authori[sz]ed|403)|pull access denied|not authorized to perform: ecr:|(failed|unable) to (pull|copy) .*(image|denied)|access role .*(denied|not)/i,
    say: (_health, target) =>
      `The image could not be pulled: let the ${ROLE[target].pull} of the service read the ECR repository (ecr:GetDownloadUrlForLayer, ecr:BatchGetImage, ecr:GetAuthorizationToken).`,
  },
  {
    pattern: /CannotPullContainerError.*(not found|manifest unknown|does not exist)|manifest unknown/i,
    say: () =>
      'The image is not in the registry any more: push it again, and check the lifecycle policy of the repository.',
  },
  {
    pattern:
      /(secretsmanager:GetSecretValue|ssm:GetParameters|kms:Decrypt|unable to (pull|retrieve) secrets?|ResourceInitializationError.*secret|fetching secret)/i,
    say: (_health, target) =>
      `A secret could not be read when the app was started: give the ${ROLE[target].secret} secretsmanager:GetSecretValue on it (and kms:Decrypt if it has a key of its own).`,
  },
  {
    pattern: /OutOfMemory|OOMKilled|exit(ed with)? code:? 137|heap out of memory|Killed process/i,
    say: () => 'The app ran out of memory and was killed: raise `memory`, or look for a leak at the start.',
  },
  {
    pattern: /EADDRINUSE|address already in use/i,
    say: ({ port }) =>
      `The app could not listen: another process in the container already uses its port (${port}).`,
  },
  {
    pattern: /(health ?check.*(404|Not Found))|code:? \[?404\]?/i,
    say: ({ path }) =>
      `The health check${asked(path)} got 404: correct the path of the service's health check, or let the app answer there.`,
  },
  {
    pattern: /health ?check.*\b(5\d\d)\b|codes?:? \[5\d\d\]/i,
    say: ({ path }) => `The health check${asked(path)} got a server error from the app: its log says why.`,
  },
  {
    pattern:
      /executable file not found|no such file or directory.*(exec|start)|exec: ".*": |exit(ed with)? code:? 127/i,
    say: () =>
      'The start command is not in the image: correct `start-command`, or CMD and ENTRYPOINT of the Dockerfile.',
  },
  {
    pattern: /Cannot find module|ModuleNotFoundError|ImportError|ClassNotFoundException/i,
    say: () => 'The app stopped at its start because a module was not found: it is missing in the image.',
  },
  {
    pattern:
      /exit(ed)?( with)? (code|status):? ?[1-9]|Essential container .* exited|stopped with exit code [1-9]|container exited/i,
    say: () => 'The app stopped by itself soon after its start: its last log lines say why.',
  },
  {
    pattern:
      /health ?check.*(fail|refused|time|unhealthy)|connection refused|failed (ELB|container) health checks/i,
    say: ({ protocol, path, port }) =>
      `The health check (${protocol}${protocol === 'HTTP' && path ? ` ${path}` : ''} on port ${port}) got no good answer: the app must listen on 0.0.0.0:${port} (not on localhost), soon enough after its start.`,
  },
];

/** Plain sentences for the causes that the findings show: at most two, the most telling first. */
export function likelyCauses(findings: Findings, target: TargetKind): string[] {
  const text = [...findings.stopped, ...findings.events, ...findings.log];
  const said = CAUSES.filter((cause) => text.some((line) => cause.pattern.test(line))).map((cause) =>
    cause.say(findings.health, target),
  );
  return said.slice(0, 2);
}

/** The findings as lines for the log and the summary. */
export function findingLines(findings: Findings): string[] {
  const part = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  ${line.trimEnd()}`)];
  return [
    ...part('stopped tasks', findings.stopped),
    ...part('events', findings.events),
    ...part('last log lines', findings.log),
  ];
}
