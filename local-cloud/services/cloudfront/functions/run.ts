import { Buffer } from 'node:buffer';
import { createHash, createHmac } from 'node:crypto';
import { parse, stringify } from 'node:querystring';
import { createContext, Script } from 'node:vm';

/** How a function ended: with what it returned, as JSON, or with an error. */
export type Ran = {
  /** What it wrote with `console.log`. */
  readonly logs: readonly string[];
  /** Milliseconds. */
  readonly took: number;
} & (
  | { readonly output: string | undefined; readonly error?: undefined }
  | { readonly error: string; readonly output?: undefined }
);

/**
 * Milliseconds that a function may run. CloudFront gives it less than one; here it only has to end a function that would
 * never end by itself, on a machine that may be busy.
 */
const LIMIT = 1000;

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-javascript-runtime-20.html */
const MODULES = {
  buffer: { Buffer },
  crypto: { createHash, createHmac },
  querystring: { parse, stringify },
} as const;
const GLOBALS = { Buffer, atob, btoa, TextDecoder, TextEncoder } as const;

/** Makes the runtime's globals, and `__start`, which leaves on the wire how the handler ended. */
const RUNTIME = new Script(`((wire) => {
  delete globalThis.wire;
  const { modules, logs } = wire;
  const show = (part) => (typeof part === 'string' ? part : JSON.stringify(part));
  const log = (...parts) => void logs.push(parts.map(show).join(' '));
  globalThis.console = { log, info: log, warn: log, error: log };
  globalThis.require = (name) => {
    if (!Object.hasOwn(modules, name)) throw new Error('Cannot find module "' + name + '"');
    return modules[name];
  };
  globalThis.__start = async (handler) => {
    try {
      wire.output = JSON.stringify(await handler(JSON.parse(wire.event)));
      wire.ended = true;
    } catch (error) {
      wire.error = String(error);
    }
  };
})(wire)`);
const START = new Script('void __start(handler)');

interface Wire {
  readonly event: string;
  readonly modules: typeof MODULES;
  readonly logs: string[];
  output?: string;
  ended?: boolean;
  error?: string;
}

/** The runtime has no modules but its own: an import of one is a call of `require`. */
const asScript = (code: string): string =>
  code.replace(/^[ \t]*import\s+([\w$]+)\s+from\s+['"](\w+)['"]/gm, "const $1 = require('$2')");

/** Runs a function's `handler` on an event, in a context of its own that lives for this call alone. Never throws. */
export function runFunction(code: string, event: unknown, limit = LIMIT): Ran {
  const wire: Wire = { event: JSON.stringify(event), modules: MODULES, logs: [] };
  // What is awaited runs within the call too, and within its limit: the function has ended, or never will.
  const context = createContext(
    { wire, ...GLOBALS },
    { microtaskMode: 'afterEvaluate', codeGeneration: { strings: false, wasm: false } },
  );
  const from = performance.now();
  const ended = (how: { output: string | undefined } | { error: string }): Ran => ({
    ...how,
    logs: wire.logs,
    took: performance.now() - from,
  });
  try {
    RUNTIME.runInContext(context);
    new Script(asScript(code), { filename: 'function.js' }).runInContext(context, { timeout: limit });
    START.runInContext(context, { timeout: limit });
  } catch (error) {
    return ended({ error: String(error) });
  }
  if (wire.error !== undefined) return ended({ error: wire.error });
  return ended(wire.ended ? { output: wire.output } : { error: 'Error: the function never returned' });
}
