import { Secrets } from './secrets.ts';

const HIDDEN = '***';
/** A plain value that is shorter is a port, a level or a switch: to hide every `info` would hide the log. */
const MIN_PLAIN = 6;

/**
 * What credentials look like wherever they come from: AWS's error texts and signed requests hold session tokens and
 * signatures, and an address may hold a password. The name in front of a value is kept.
 */
const CREDENTIALS: ReadonlyArray<readonly [RegExp, string]> = [
  // Session tokens of STS begin with one of these: they are base64 of the same first bytes.
  [/\b(?:FwoGZXIvYXdz|FQoGZXIvYXdz|IQoJb3JpZ2lu|AQoDYXdz|AQoEXAMPLE)[A-Za-z0-9+/=_%-]{16,}/g, HIDDEN],
  [
    /((?:x-amz-security-token|x-amz-signature|aws_session_token|aws_secret_access_key)["']?\s*[:=]\s*["']?)[^\s"'<&,;]+/gi,
    `$1${HIDDEN}`,
  ],
  [/(<(?:Token-0|SessionToken|SecretAccessKey)>)[^<]*/gi, `$1${HIDDEN}`],
  [/\b(authorization["']?\s*[:=]\s*["']?(?:Bearer|Basic|token)\s+)[A-Za-z0-9._~+/=-]+/gi, `$1${HIDDEN}`],
  [/\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})/g, HIDDEN],
  [/\b([a-z][a-z0-9+.-]{0,20}:\/\/[^\s/:@"'<>]{0,200}:)[^\s/@"'<>]{1,400}@/gi, `$1${HIDDEN}@`],
];

/**
 * Takes out of a text what it must not show: secrets in every form that they are echoed in, plain values of variables
 * (which are no secrets to us, but nobody's business in a log), and whatever looks like a credential.
 */
export class Redactor {
  readonly #secrets = new Secrets();
  readonly #plain = new Set<string>();
  readonly #shown: readonly string[];
  #sorted: string[] | undefined;

  /** @param shown texts that are printed on purpose, such as the values of inputs: a plain value that is a part of one is left */
  constructor(shown: readonly string[] = []) {
    this.#shown = shown;
  }

  /** A secret: hidden wherever it stands, and in whatever form. */
  secret(value: string | undefined): void {
    if (value) this.#secrets.add(value);
  }

  /** Values of plain variables. Those shorter than 6 characters are left. */
  plain(values: Iterable<string>): void {
    for (const value of values) {
      for (const line of value.split(/\r?\n/)) {
        const trimmed = line.trim();
        if (trimmed.length < MIN_PLAIN || this.#shown.some((text) => text.includes(trimmed))) continue;
        for (const form of [trimmed, JSON.stringify(trimmed).slice(1, -1), encodeURIComponent(trimmed)]) {
          this.#plain.add(form);
        }
      }
    }
    this.#sorted = undefined;
  }

  hide(text: string): string {
    let hidden = this.#secrets.hide(text);
    for (const [pattern, shown] of CREDENTIALS) hidden = hidden.replace(pattern, shown);
    this.#sorted ??= [...this.#plain].sort((a, b) => b.length - a.length);
    for (const value of this.#sorted) if (hidden.includes(value)) hidden = hidden.replaceAll(value, HIDDEN);
    return hidden;
  }
}
