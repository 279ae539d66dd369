import type { ActReport } from './model.ts';

/** What the demo says while it plays: a live line in a terminal, plain lines elsewhere. */
export interface Terminal {
  title(text: string): void;
  line(text: string): void;
  /** An act begins. */
  begin(day: string, title: string): void;
  /** What the act is doing now. */
  doing(text: string): void;
  end(act: ActReport): void;
  fail(text: string): void;
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** @param colour whether escape sequences are welcome: a terminal, and no NO_COLOR */
export function createTerminal(out: NodeJS.WriteStream, colour: boolean): Terminal {
  const paint = (code: string) => (text: string) => (colour ? `\x1b[${code}m${text}\x1b[0m` : text);
  const [bold, dim, green, red] = [paint('1'), paint('2'), paint('32'), paint('31')];
  const live = colour && out.isTTY;
  const write = (text: string) => out.write(text);
  const head = (day: string, title: string) => `${bold(day.padEnd(4))} ${title}`;

  let current: { day: string; title: string; began: number; doing: string } | undefined;
  let frame = 0;
  let timer: NodeJS.Timeout | undefined;
  const draw = () => {
    if (!current) return;
    const seconds = ((Date.now() - current.began) / 1000).toFixed(1);
    const width = (out.columns ?? 100) - 1;
    const text = `  ${FRAMES[frame++ % FRAMES.length]} ${current.day.padEnd(4)} ${current.title} · ${current.doing} ${seconds} s`;
    write(`\r\x1b[K${text.slice(0, width)}`);
  };
  const clear = () => {
    clearInterval(timer);
    timer = undefined;
    if (live) write('\r\x1b[K');
  };

  return {
    title: (text) => write(`\n  ${bold(text)}\n`),
    line: (text) => write(`  ${text}\n`),
    begin(day, title) {
      current = { day, title, began: Date.now(), doing: 'starting' };
      if (live) timer = setInterval(draw, 80).unref();
    },
    doing(text) {
      if (current) current.doing = text;
    },
    end(act) {
      clear();
      current = undefined;
      const ok = act.checks.every((check) => check.ok);
      const seconds = `${((act.to - act.from) / 1000).toFixed(1)} s`;
      write(
        `  ${ok ? green('✓') : red('✗')} ${head(act.day, act.title)} ${dim(`${seconds}, ${act.checks.length} checks`)}\n`,
      );
      write(`         ${dim(act.verdict)}\n`);
      for (const check of act.checks.filter(({ ok: held }) => !held))
        write(`         ${red('✗')} ${check.what}: expected ${check.expected}, found ${check.found}\n`);
    },
    fail(text) {
      clear();
      current = undefined;
      write(`\n  ${red('✗')} ${text}\n`);
    },
  };
}
