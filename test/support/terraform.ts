// Terraform (or OpenTofu) on infra/terraform, over made-up answers of AWS: plans and applies as data.
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { root } from './dist.ts';
import { type FakeProvider, type ProviderSchema, startProvider } from './terraform-provider.ts';

type Values = Readonly<Record<string, unknown>>;
export interface Change {
  readonly address: string;
  readonly type: string;
  readonly change: {
    readonly actions: readonly string[];
    readonly before: Values | null;
    readonly after: Values | null;
  };
}
export interface Resource {
  readonly address: string;
  readonly type: string;
  readonly mode: 'managed' | 'data';
  readonly values: Values;
}
/** What one `run` of a test file came to. */
export interface Run {
  readonly status: string;
  /** Of a run with `command = plan`. */
  readonly changes: readonly Change[];
  /** Of a run with `command = apply`: all resources, those of modules too. */
  readonly resources: readonly Resource[];
  readonly outputs: Values;
  readonly problems: readonly string[];
}
interface Module {
  readonly resources?: readonly Resource[];
  readonly child_modules?: readonly Module[];
}
interface Outputs {
  readonly [name: string]: { readonly value?: unknown };
}
interface Message {
  readonly type: string;
  readonly '@testfile'?: string;
  readonly '@testrun'?: string;
  readonly test_run?: { readonly status?: string };
  readonly test_plan?: { readonly resource_changes?: readonly Change[] };
  /** OpenTofu has it one floor deeper. */
  readonly test_state?: State & { readonly values?: State };
  readonly diagnostic?: { readonly severity: string; readonly summary: string; readonly detail: string };
}

const flat = (module: Module = {}): Resource[] => [
  ...(module.resources ?? []),
  ...(module.child_modules ?? []).flatMap(flat),
];

interface State {
  readonly root_module?: Module;
  readonly outputs?: Outputs;
}

export interface Said {
  readonly code: number | null;
  readonly said: string;
}

export interface TerraformLab {
  /** Runs it in a folder of infra/terraform. */
  run(folder: string, ...args: string[]): Promise<Said>;
  /** Runs test files in a root, by their names. @returns by `<name of the file>/<name of the run>` */
  test(folder: string, files: Readonly<Record<string, string>>): Promise<ReadonlyMap<string, Run>>;
  stop(): Promise<void>;
}

/**
 * @param tool `terraform` or `tofu`
 * @param edit what becomes of a file, by its path in infra/terraform: as its owner would edit it
 */
export async function startTerraform(
  tool = 'terraform',
  edit?: (path: string, text: string) => string,
): Promise<TerraformLab> {
  const schema = readFileSync(join(root, 'test/contract/terraform-schema.json'), 'utf8');
  const provider: FakeProvider = await startProvider(JSON.parse(schema) as ProviderSchema);
  const dir = mkdtempSync(join(tmpdir(), 'wwhd-terraform-'));
  // Its settings and its cache are nobody's on this machine.
  const env = { PATH: process.env['PATH'], HOME: dir, NO_COLOR: '1', ...provider.env };
  cpSync(join(root, 'infra/terraform'), join(dir, 'terraform'), { recursive: true });
  for (const path of edit ? readdirSync(join(dir, 'terraform'), { recursive: true, encoding: 'utf8' }) : []) {
    const file = join(dir, 'terraform', path);
    if (path.endsWith('.tf')) writeFileSync(file, edit?.(path, readFileSync(file, 'utf8')) ?? '');
  }
  const run = (folder: string, ...args: string[]) =>
    new Promise<Said>((resolve, reject) => {
      const child = spawn(tool, args, { cwd: join(dir, 'terraform', folder), env });
      let said = '';
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (chunk) => (said += chunk));
      child.on('error', reject);
      child.on('close', (code) => resolve({ code, said }));
    });
  const ready = new Set<string>();
  return {
    run,
    async test(folder, files) {
      const place = join(dir, 'terraform', folder, 'lab');
      rmSync(place, { recursive: true, force: true });
      mkdirSync(place, { recursive: true });
      for (const [name, hcl] of Object.entries(files)) writeFileSync(join(place, `${name}.tftest.hcl`), hcl);
      if (!ready.has(folder)) {
        const { code, said } = await run(
          folder,
          'init',
          '-backend=false',
          '-input=false',
          '-test-directory=lab',
        );
        if (code !== 0) throw new Error(said);
        ready.add(folder);
      }
      const { said } = await run(folder, 'test', '-json', '-verbose', '-test-directory=lab');
      return runsOf(said);
    },
    async stop() {
      await provider.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function runsOf(said: string): Map<string, Run> {
  const runs = new Map<string, Run>();
  const none: Run = { status: '', changes: [], resources: [], outputs: {}, problems: [] };
  const add = (name: string, more: Partial<Run>) => runs.set(name, { ...(runs.get(name) ?? none), ...more });
  for (const line of said.split('\n').filter((one) => one.startsWith('{'))) {
    const message = JSON.parse(line) as Message;
    const file = basename(message['@testfile'] ?? '', '.tftest.hcl');
    const name = `${file}/${message['@testrun'] ?? ''}`;
    const { test_run: ended, test_plan: plan, test_state: state, diagnostic } = message;
    // Terraform tells the progress too, OpenTofu the end alone.
    if (ended?.status) add(name, { status: ended.status });
    if (plan) add(name, { changes: plan.resource_changes ?? [] });
    if (state) {
      const { root_module, outputs = {} } = state.values ?? state;
      const values = Object.fromEntries(Object.entries(outputs).map(([key, { value }]) => [key, value]));
      add(name, { resources: flat(root_module), outputs: values });
    }
    if (diagnostic?.severity === 'error')
      add(name, {
        problems: [...(runs.get(name)?.problems ?? []), `${diagnostic.summary}: ${diagnostic.detail}`],
      });
  }
  return runs;
}
