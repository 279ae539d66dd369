import { styleText } from 'node:util';
import { formatDuration } from '../runtime/duration.ts';
import { harmlessLines } from '../runtime/foreign.ts';
import { asFlags } from './as-flags.ts';
import type { Said, Words } from './workflow-commands.ts';

/** Where words go. On a terminal the last line is alive; elsewhere every line stays. */
export interface Screen {
  write(text: string): void;
  readonly isTTY: boolean;
  /** Columns of the terminal. */
  columns(): number;
  readonly colours: boolean;
}

type Style = Parameters<typeof styleText>[0];

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
/** Milliseconds between two frames of the live line. */
const FRAME = 100;
/** Without a terminal, progress is a line at most this often. */
const PLAIN_PROGRESS = 10_000;

/** Shows what a bundle says while it works: headings, dim details, loud warnings, and one live line. */
export class Terminal {
  readonly #screen: Screen;
  readonly #verbose: boolean;
  readonly #inputs: readonly string[];
  readonly #now: () => number;
  readonly #masks: string[] = [];
  readonly #started: number;
  #live = '';
  #drawn = false;
  #frame = 0;
  #lastPlain = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #inGroup = false;

  /** @param options `inputs`: names of the command's inputs, which are flags here */
  constructor(screen: Screen, options: { verbose: boolean; now?: () => number; inputs?: readonly string[] }) {
    this.#screen = screen;
    this.#inputs = options.inputs ?? [];
    this.#verbose = options.verbose;
    this.#now = options.now ?? Date.now;
    this.#started = this.#now();
    if (screen.isTTY) {
      this.#timer = setInterval(() => this.#draw(), FRAME);
      this.#timer.unref();
    }
  }

  show(said: Said): void {
    if (said.kind === 'mask') this.#masks.push(...said.text.split('\n').filter(Boolean));
    else this.#show('text' in said ? { ...said, text: harmlessLines(said.text).join('\n') } : said);
  }

  #show(said: Exclude<Said, { kind: 'mask' }>): void {
    switch (said.kind) {
      case 'progress':
        this.#progress(said.text);
        break;
      case 'group':
        this.#inGroup = true;
        this.#live = said.text;
        this.#line(this.#style('bold', said.text));
        break;
      case 'end-group':
        this.#inGroup = false;
        this.#live = '';
        break;
      case 'nothing':
        break;
      default:
        if (said.kind !== 'debug' || (this.#verbose && said.text)) this.#line(this.#styled(said));
    }
  }

  #styled(said: Words): string {
    switch (said.kind) {
      case 'text':
        return this.#inGroup && said.text ? `  ${this.#style('dim', said.text)}` : said.text;
      case 'debug':
        return this.#style('dim', `  · ${said.text}`);
      case 'notice':
        return this.#style('cyan', indent('note: ', this.#said(said.text)));
      case 'warning':
        return this.#style('yellow', indent('warning: ', this.#said(said.text)));
      case 'error':
        return this.#style(['red', 'bold'], indent('error: ', this.#said(said.text)));
    }
  }

  /** Bundles speak of inputs; here they are flags. */
  #said(text: string): string {
    return asFlags(text, this.#inputs);
  }

  /** The last word: how it ended, and how long it took. */
  end(outcome: string, success: boolean): void {
    this.close();
    const took = formatDuration(this.#now() - this.#started);
    const sign = success ? this.#style('green', '✓') : this.#style('red', '✗');
    this.#screen.write(`${sign} ${this.#style('bold', outcome)} ${this.#style('dim', `in ${took}`)}\n`);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#erase();
    this.#live = '';
  }

  #progress(text: string): void {
    this.#live = text;
    if (this.#screen.isTTY) return;
    if (this.#now() - this.#lastPlain < PLAIN_PROGRESS) return;
    this.#lastPlain = this.#now();
    this.#line(`  ${oneLine(text)}`);
  }

  #line(text: string): void {
    this.#erase();
    this.#screen.write(`${this.#hide(text)}\n`);
  }

  #draw(): void {
    if (this.#live === '') return;
    this.#erase();
    this.#frame = (this.#frame + 1) % SPINNER.length;
    const elapsed = formatDuration(this.#now() - this.#started);
    const text = `${SPINNER[this.#frame]} ${elapsed}  ${oneLine(this.#hide(this.#live))}`;
    // A line that reached the edge would be two, and only one of them could be erased.
    this.#screen.write(this.#style('cyan', text.slice(0, Math.max(1, this.#screen.columns() - 1))));
    this.#drawn = true;
  }

  #erase(): void {
    if (this.#drawn) this.#screen.write('\r\u001b[2K');
    this.#drawn = false;
  }

  #hide(text: string): string {
    return this.#masks.reduce((shown, secret) => shown.replaceAll(secret, '***'), text);
  }

  #style(style: Style, text: string): string {
    return this.#screen.colours ? styleText(style, text) : text;
  }
}

const oneLine = (text: string) => text.replaceAll(/\s+/g, ' ');

/** Further lines stand under the first. */
const indent = (head: string, text: string) => `${head}${text.replaceAll('\n', `\n${' '.repeat(2)}`)}`;

/** A stream as a screen: colours where it is a terminal, by https://no-color.org and FORCE_COLOR. */
export function screenOf(
  stream: NodeJS.WriteStream,
  env: Readonly<Record<string, string | undefined>>,
): Screen {
  const isTTY = stream.isTTY === true && env['TERM'] !== 'dumb';
  const forced = env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '0';
  return {
    write: (text) => {
      // Whoever read us may have gone (`… | head`, a closed window): the work goes on, and nobody is told of it.
      if (!stream.destroyed && stream.writable) stream.write(text);
    },
    isTTY,
    columns: () => stream.columns ?? 80,
    colours: forced || (isTTY && !env['NO_COLOR']),
  };
}
