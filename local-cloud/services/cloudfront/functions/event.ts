import type { EventType } from './associations.ts';

/** A header, a cookie or a query's parameter: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html */
export interface Field {
  readonly value: string;
  /** All values, the first again, where there is more than one. */
  readonly multiValue?: readonly { readonly value: string }[];
  /** Of a cookie that is set: `Secure; Path=/`. */
  readonly attributes?: string;
}
export type Fields = Readonly<Record<string, Field>>;

export interface EventRequest {
  readonly method: string;
  readonly uri: string;
  readonly querystring: Fields;
  readonly headers: Fields;
  readonly cookies: Fields;
}

export interface EventResponse {
  readonly statusCode: number;
  readonly statusDescription?: string;
  readonly headers: Fields;
  readonly cookies: Fields;
  readonly body?: string | { readonly encoding: 'text' | 'base64'; readonly data: string };
}

export interface FunctionEvent {
  readonly version: '1.0';
  readonly context: {
    readonly distributionDomainName: string;
    readonly distributionId: string;
    readonly eventType: EventType;
    readonly requestId: string;
  };
  readonly viewer: { readonly ip: string };
  readonly request: EventRequest;
  readonly response?: EventResponse;
}

/** Headers that no function sees, and none may add: …/edge-function-restrictions-all.html#function-restrictions-headers */
const HIDDEN =
  /^(connection|expect|keep-alive|proxy-(authenticate|authorization|connection)|trailer|upgrade|x-(accel|amz-cf|amzn|edge)-.*|x-cache|x-forwarded-proto|x-real-ip)$/;

export const isHidden = (name: string): boolean => HIDDEN.test(name);

const decodeList = (pairs: readonly (readonly [string, string])[]): Fields => {
  const found = new Map<string, string[]>();
  for (const [name, value] of pairs) found.set(name, [...(found.get(name) ?? []), value]);
  return Object.fromEntries(
    [...found].map(([name, values]) => [
      name,
      {
        value: values[0] ?? '',
        ...(values.length > 1 ? { multiValue: values.map((value) => ({ value })) } : {}),
      },
    ]),
  );
};

const split = (text: string, by: string): readonly (readonly [string, string])[] =>
  text
    .split(by)
    .map((pair) => pair.trim())
    .filter((pair) => pair !== '')
    .map((pair) => {
      const at = pair.indexOf('=');
      return at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
    });

/** A query as it came, its escapes included. */
export const queryFields = (query: string): Fields => decodeList(split(query, '&'));

/** The `Cookie` header. */
export const cookieFields = (header: string | undefined): Fields => decodeList(split(header ?? '', ';'));

/** Headers but for the cookies, which have a field of their own. */
export const headerFields = (headers: Readonly<Record<string, string>>): Fields =>
  Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => !isHidden(name) && name !== 'cookie' && name !== 'set-cookie')
      .map(([name, value]) => [name, { value }]),
  );

const valuesOf = (field: Field): readonly string[] =>
  field.multiValue?.map((one) => one.value) ?? [field.value];

const pairs = (fields: Fields): readonly string[] =>
  Object.entries(fields).flatMap(([name, field]) =>
    valuesOf(field).map((value) => (value === '' ? name : `${name}=${value}`)),
  );

export const queryOf = (fields: Fields): string => pairs(fields).join('&');

/** Headers of a request that a function gave back, with its cookies. */
export function requestHeaders(headers: Fields, cookies: Fields): Record<string, string> {
  const cookie = pairs(cookies).join('; ');
  return { ...plainHeaders(headers), ...(cookie === '' ? {} : { cookie }) };
}

export const plainHeaders = (headers: Fields): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, field]) => [name.toLowerCase(), valuesOf(field).join(', ')]),
  );

/** `Set-Cookie` headers. */
export const setCookies = (cookies: Fields): readonly string[] =>
  Object.entries(cookies).flatMap(([name, field]) =>
    (field.multiValue ?? [field]).map((one) => {
      const { value, attributes = '' } = one as Field;
      return attributes === '' ? `${name}=${value}` : `${name}=${value}; ${attributes}`;
    }),
  );
