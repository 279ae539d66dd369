import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { Boot, type Work, workOfGroup } from '../../../../local-cloud/images/boot.ts';
import { giveBack, takePort } from '../../../../local-cloud/images/ports.ts';

const idle = (): Work => ({ ticks: 7, busy: false });
let used = 0;
const atWork = (): Work => ({ ticks: used++, busy: false });

describe('an application that does not listen yet', () => {
  it.each<[what: string, look: () => Work | undefined, still: number, over: number]>([
    ['is given four seconds though it does nothing', idle, 3_900, 4_100],
    ['is given a minute while it uses the processor', atWork, 59_000, 60_100],
    [
      'is given a minute while it waits for the processor or the disk',
      () => ({ ticks: 7, busy: true }),
      59_000,
      60_100,
    ],
    ['is given fifteen seconds where nobody can see it', () => undefined, 14_900, 15_100],
  ])('%s', (_what, look, still, over) => {
    const boot = new Boot(look, 0);
    const seen: boolean[] = [];
    for (let now = 0; now <= over; now += 50) seen.push(boot.goesOn(now));
    expect(seen[still / 50]).toBe(true);
    expect(seen.at(-1)).toBe(false);
  });

  it.runIf(process.platform === 'linux')('is seen at work, and seen gone', async () => {
    const child = spawn(process.execPath, ['-e', 'for (;;);'], { detached: true, stdio: 'ignore' });
    const group = child.pid ?? 0;
    await expect.poll(() => workOfGroup(group), { timeout: 30_000 }).toMatchObject({ busy: true });
    await expect.poll(() => workOfGroup(group)?.ticks, { timeout: 30_000 }).toBeGreaterThan(0);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(workOfGroup(group)).toBeUndefined();
  });
});

describe('a port for an application', () => {
  it('is one that systems do not give out, is given once, and comes back late', async () => {
    const ports: number[] = [];
    for (let i = 0; i < 40; i++) ports.push(await takePort());
    expect(new Set(ports).size).toBe(40);
    expect(ports.every((port) => port > 20_000 && port < 32_768)).toBe(true);
    const [first = 0, second = 0] = ports;
    giveBack(first);
    giveBack(second);
    const server = createServer().listen(first, '127.0.0.1');
    await once(server, 'listening');
    // The first is in use by somebody else: the second is the next that comes round.
    const later: number[] = [];
    while (!later.includes(second)) later.push(await takePort());
    expect(later).not.toContain(first);
    server.close();
    for (const port of [...ports, ...later]) giveBack(port);
  });
});
