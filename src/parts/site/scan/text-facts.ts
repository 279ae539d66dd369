import type * as buffer from 'node:buffer';

/** What reading a file's bytes tells beside its hashes, see `FileHash`. */
export interface TextFacts {
  reader(path: string): { add(bytes: Buffer): void; ended(): { head: string; charset: string } };
  /** Whether a name may have the beginning of a SHA-1 in it, and whether it has. */
  mayNameSha1(path: string): boolean;
  namesSha1(path: string, sha1: string): boolean;
}

/**
 * Makes them. It stands on its argument alone: its source text is also what a worker thread runs, see `hashFiles`.
 */
export function textFacts(nodeBuffer: Pick<typeof buffer, 'isUtf8'>): TextFacts {
  const lengthOf = (lead: number) => (lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2);
  // Bytes at the end that begin a character of UTF-8 and do not end it.
  const unfinished = (bytes: Buffer): number => {
    const last = bytes.subarray(-3);
    const lead = last.findLastIndex((byte) => byte >= 0xc0);
    const there = last.length - lead;
    return lead >= 0 && there < lengthOf(last[lead] ?? 0) ? there : 0;
  };
  const markOf = (bytes: Buffer): string => {
    if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
    return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : '';
  };
  // A page under another name, another charset than UTF-8, a private key, a pointer of Git LFS, nothing but blanks.
  const mayTell = (path: string, start: string): boolean =>
    !/[^/]\.[^/.]*$/.test(path) ||
    /^(?:(?:\xef\xbb\xbf)?-----BEGIN |version https:\/\/git-lfs|\s*$)/.test(start) ||
    /(?:charset|encoding)\s*=?\s*["']?\s*(?!utf-?8\b)[a-z]/i.test(start) ||
    (/^(?:\xef\xbb\xbf)?\s*<(?:!|html|head)/i.test(start) && !/\.(?:x?html?|svg|xml)$/i.test(path));
  const HEX = /[0-9a-f]{8,40}/g;
  const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1).slice(-300);
  return {
    reader(path) {
      let [valid, head, mark, first] = [true, '', '', true];
      let tail = Buffer.alloc(0);
      return {
        add(bytes) {
          if (first) {
            first = false;
            mark = markOf(bytes);
            if (mayTell(path, bytes.toString('latin1', 0, 1024))) head = bytes.toString('utf8', 0, 1024);
          }
          if (!valid) return;
          const all = tail.length > 0 ? Buffer.concat([tail, bytes]) : bytes;
          const whole = all.length - unfinished(all);
          valid = nodeBuffer.isUtf8(all.subarray(0, whole));
          tail = Buffer.from(all.subarray(whole));
        },
        ended: () => ({ head, charset: mark || (valid && tail.length === 0 ? 'utf-8' : '') }),
      };
    },
    mayNameSha1: (path) => nameOf(path).search(HEX) >= 0,
    namesSha1: (path, sha1) => (nameOf(path).match(HEX) ?? []).some((token) => sha1.startsWith(token)),
  };
}
