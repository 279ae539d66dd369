import { type Document, LineCounter, type Node, parseDocument } from 'yaml';

/** Where something stands in the checks file; both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** One mistake in the checks file. */
export interface Mistake extends Place {
  /** Where in the document, as `checks[0].expect.status`; '' for the document as a whole. */
  readonly path: string;
  /** The sentence: what is wrong, what was found, what was probably meant. */
  readonly what: string;
}

/** A checks file is read by people: one that is larger than this is not a checks file. */
export const MAX_FILE_BYTES = 1024 * 1024;

/** The YAML text with the position of every node, and the mistakes found in it so far. */
export class Source {
  readonly document: Document.Parsed;
  readonly mistakes: Mistake[] = [];
  readonly #lines = new LineCounter();

  constructor(text: string) {
    this.document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, stringKeys: true });
    for (const error of this.document.errors) {
      this.mistakes.push({
        ...this.#position(error.pos[0]),
        path: '',
        what: `is not YAML: ${error.message.split('\n', 1)[0]}`,
      });
    }
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
