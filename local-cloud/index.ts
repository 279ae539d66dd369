import { parseArgs } from 'node:util';
import { startCloud } from './core/cloud.ts';
import { allowedNames } from './core/guard.ts';
import { services } from './services/index.ts';

const USAGE = `Usage: local-cloud [--port 4566] [--host 127.0.0.1] [--allow-host NAME]... [--state DIR] [--speed 1]
                   [--latency MS] [--region us-west-2] [--no-engine] [--with-parent] [--quiet]

An AWS in one process. Point any AWS client at it:  export AWS_ENDPOINT_URL=http://127.0.0.1:4566

  --port         port to listen on; 0 takes a free one
  --host         address to listen on; one that is not loopback lets others run programs here
  --allow-host   a name that the port answers to besides localhost, its address and AWS's; may be repeated
  --state DIR    keep what the services hold in DIR, and start from what is there
  --speed N      divide every wait that AWS would make by N
  --latency MS   add MS milliseconds to every request
  --no-engine    run images as processes although docker or podman answers
  --with-parent  stop when the process that started this one is gone
  --quiet        print the ready line only`;

function fail(message: string): never {
  process.stderr.write(`${message}\n\n${USAGE}\n`);
  process.exit(2);
}

function options() {
  try {
    return parseArgs({
      options: {
        port: { type: 'string', default: '4566' },
        host: { type: 'string', default: '127.0.0.1' },
        'allow-host': { type: 'string', multiple: true, default: [] },
        state: { type: 'string' },
        speed: { type: 'string', default: '1' },
        latency: { type: 'string', default: '0' },
        region: { type: 'string', default: 'us-west-2' },
        'no-engine': { type: 'boolean', default: false },
        'with-parent': { type: 'boolean', default: false },
        quiet: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    return fail((error as Error).message);
  }
}

function numberOption(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= min && value <= max))
    fail(`--${name} must be from ${min} to ${max}, not "${text}"`);
  return value;
}

function hostOptions(names: readonly string[]): readonly string[] {
  try {
    allowedNames(names);
    return names;
  } catch (error) {
    return fail((error as Error).message);
  }
}

/** Calls back once the process that started this one is gone: its child is then adopted by another. */
function whenParentGone(then: () => void): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) then();
  }, 250).unref();
}

async function main(): Promise<void> {
  const values = options();
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  const cloud = await startCloud(services, {
    port: numberOption('port', values.port, 0, 65535),
    host: values.host,
    allowHosts: hostOptions(values['allow-host']),
    state: values.state,
    speed: numberOption('speed', values.speed, 0.01, 10_000),
    latency: numberOption('latency', values.latency, 0, 60_000),
    region: values.region,
    engine: !values['no-engine'],
    log: (line) => {
      if (!values.quiet) process.stderr.write(`${line}\n`);
    },
  });
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    cloud.close().finally(() => process.exit(0));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('SIGHUP', stop);
  // A reader of our output that is gone must not end us half-way through a stop.
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
  if (values['with-parent']) whenParentGone(stop);
  process.stdout.write(`local cloud ready on ${cloud.endpoint}\n`);
}

main().catch((error: unknown) => {
  const { message, code } = error as NodeJS.ErrnoException;
  const next = code === 'EADDRINUSE' ? '\n  next: give another --port, or stop what listens on this one' : '';
  process.stderr.write(`the local cloud did not start: ${message}${next}\n`);
  process.exit(1);
});
