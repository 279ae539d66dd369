import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

/**
 * Below the ports that systems give out by themselves (Linux from 32768, macOS and Windows from 49152): nobody else is
 * given one of these between our choice and the moment when the application listens there.
 */
const FIRST = 20_000;
const LAST = 32_767;
/** The first port of a block is the lease on the others. */
const BLOCK = 32;

interface Block {
  /** Listening for as long as this cloud lives: no other cloud of this machine gets the block. */
  readonly lease: Server;
  readonly first: number;
  next: number;
}

const blocks: Block[] = [];
/** Given out, and not given back. */
const taken = new Set<number>();

/**
 * A port on 127.0.0.1 that nothing listens on, and that is given to nobody else of this machine's local clouds until
 * {@link giveBack}: who asks a port for its health may rely on it that nobody but its owner answers, or nobody at all.
 */
export async function takePort(): Promise<number> {
  for (const block of blocks) {
    const port = await nextOf(block);
    if (port !== undefined) return port;
  }
  const block = await lease();
  blocks.push(block);
  return (await nextOf(block)) ?? takePort();
}

export function giveBack(port: number): void {
  taken.delete(port);
}

/** Round and round: a port comes back late, long after its last connection. */
async function nextOf(block: Block): Promise<number | undefined> {
  for (let i = 1; i < BLOCK; i++) {
    const port = block.first + block.next;
    block.next = block.next === BLOCK - 1 ? 1 : block.next + 1;
    if (taken.has(port)) continue;
    taken.add(port);
    const server = await listen(port);
    if (server) {
      await new Promise((resolve) => server.close(resolve));
      return port;
    }
    taken.delete(port);
  }
  return undefined;
}

async function lease(): Promise<Block> {
  const count = Math.floor((LAST - FIRST + 1) / BLOCK);
  const start = randomInt(count);
  for (let i = 0; i < count; i++) {
    const first = FIRST + ((start + i) % count) * BLOCK;
    const server = await listen(first);
    if (server) return { lease: server.unref(), first, next: 1 };
  }
  throw new Error(`every port from ${FIRST} to ${LAST} of 127.0.0.1 is taken`);
}

function listen(port: number): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
