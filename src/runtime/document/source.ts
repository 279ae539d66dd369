import { type Document, LineCounter, type Node, parseDocument } from 'yaml';

/** Where something stands in the file; both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** One mistake in the file. */
export interface Mistake extends Place {
  /** Where in the document, as `checks[0].expect.status`; '' for the document as a whole. */
  readonly path: string;
  /** The sentence: what is wrong, what was found, what was probably meant. */
  readonly what: string;
}

/** A file that people write and read is smaller than this. */
export const MAX_FILE_BYTES = 1024 * 1024;

/** A few anchors can stand for billions of values; a file of a thousand checks has far fewer than this. */
const MAX_VALUES = 50_000;

/** The YAML text with the position of every node, and the mistakes found in it so far. */
export class Source {
  readonly document: Document.Parsed;
  readonly mistakes: Mistake[] = [];
  readonly #lines = new LineCounter();

  /** Words that people write for others, for `did you mean`: in lower case, without punctuation. */
  readonly synonyms: Readonly<Record<string, string>>;

  constructor(text: string, synonyms: Readonly<Record<string, string>> = {}) {
    this.synonyms = synonyms;
    this.document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, stringKeys: true });
    for (const error of this.document.errors) {
      this.mistakes.push({
        ...this.#position(error.pos[0]),
        path: '',
        what: `is not YAML: ${error.message.split('\n', 1)[0]}`,
      });
    }
  }

  #values = 0;

  /** Counts one value that is read; answers with a mistake once, when there are too many, and stops the reading. */
  count(): string | undefined {
    this.#values++;
    if (this.#values === MAX_VALUES) return `has more than ${MAX_VALUES} values, aliases written out`;
    return this.#values > MAX_VALUES ? '' : undefined;
  }

  place(node: Node | null | undefined): Place {
    return this.#position(node?.range?.[0] ?? 0);
  }

  add(node: Node | null | undefined, path: string, what: string): void {
    this.mistakes.push({ ...this.place(node), path, what });
  }

  #position(offset: number): Place {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }
}
