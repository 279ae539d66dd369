/** What AWS would answer: its error code, HTTP status and message; `extra` goes into the error's body. */
export class CloudFault extends Error {
  readonly code: string;
  readonly status: number;
  readonly extra: Readonly<Record<string, string>>;
  /** Headers of the error's answer. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: string,
    message: string,
    status = 400,
    extra: Readonly<Record<string, string>> = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.name = 'CloudFault';
    this.code = code;
    this.status = status;
    this.extra = extra;
    this.headers = headers;
  }
}
