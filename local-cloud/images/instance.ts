import type { ImageStore } from '../services/registry/store.ts';
import type { Work } from './boot.ts';
import type { PulledImage } from './pull.ts';

/** What to run, and how. */
export interface LaunchSpec {
  readonly images: ImageStore;
  readonly image: PulledImage;
  /** Environment on top of the image's own. */
  readonly env: Readonly<Record<string, string>>;
  /** Replace the image's; an entry point of its own also drops the image's command, as Docker does. */
  readonly entryPoint?: readonly string[] | undefined;
  readonly command?: readonly string[] | undefined;
  readonly workdir?: string | undefined;
  /** Port in the container that is to be reached from outside; none for a task that serves nothing. */
  readonly port?: number | undefined;
  /** One line of its output. */
  readonly onLine: (line: string) => void;
}

export interface Exit {
  /** As Docker counts it: 128 + signal for one that was killed. */
  readonly code: number;
  /** Why it could not even start. */
  readonly startError?: string;
}

/** One running container: a process here, or one of a container engine. */
export interface Instance {
  readonly id: string;
  /** Port on 127.0.0.1 that leads to the container's; 0 where none was asked for. */
  readonly port: number;
  readonly exited: Promise<Exit>;
  /** Set once it is over. */
  readonly exit: Exit | undefined;
  /** What its processes have done so far, where that can be seen from here. */
  work(): Work | undefined;
  /** SIGTERM, and SIGKILL after `grace` milliseconds. Resolves when it is gone. */
  stop(grace: number): Promise<Exit>;
}

export interface Launcher {
  readonly kind: string;
  launch(spec: LaunchSpec): Promise<Instance>;
}

/** The words to run: Docker's rules for ENTRYPOINT and CMD and what replaces them. */
export function commandOf(spec: Pick<LaunchSpec, 'image' | 'entryPoint' | 'command'>): string[] {
  const own = spec.image.config.config ?? {};
  const replaced = spec.entryPoint !== undefined && spec.entryPoint.length > 0;
  const entry = replaced ? (spec.entryPoint ?? []) : (own.Entrypoint ?? []);
  const command = spec.command?.length ? spec.command : replaced ? [] : (own.Cmd ?? []);
  return [...entry, ...command];
}

/** The image's environment with another on top. */
export function environmentOf(spec: Pick<LaunchSpec, 'image' | 'env'>): Record<string, string> {
  const own = (spec.image.config.config?.Env ?? []).map((line) => {
    const at = line.indexOf('=');
    return [line.slice(0, at), line.slice(at + 1)];
  });
  return { ...Object.fromEntries(own), ...spec.env };
}
