import { CloudFault, type CloudRequest, type CloudResponse } from '../../core/service.ts';
import { document, type XmlValue } from '../../core/xml.ts';
import { NAMESPACE } from './model.ts';
import type { CloudFrontState } from './state.ts';

/** What an operation works with. */
export interface Call {
  readonly request: CloudRequest;
  readonly state: CloudFrontState;
  /** The resource that the path names; empty where it names none. */
  readonly id: string;
  /** The one below it: an invalidation. */
  readonly part: string;
}

export function ok(
  root: string,
  value: { readonly [name: string]: XmlValue },
  status = 200,
  headers: Record<string, string> = {},
): CloudResponse {
  return {
    status,
    headers: { 'content-type': 'text/xml', ...headers },
    body: document(root, value, NAMESPACE),
  };
}

/** Items of a list from `Marker` on, at most `MaxItems` (100 if not given). @throws CloudFault InvalidArgument */
export function page<T>(
  query: URLSearchParams,
  all: readonly T[],
  idOf: (item: T) => string,
  element: string,
  write: (item: T) => { readonly [name: string]: XmlValue },
): { [name: string]: XmlValue } {
  const asked = query.get('MaxItems');
  const max = asked === null ? 100 : Number(asked);
  if (!Number.isInteger(max) || max < 1) {
    throw new CloudFault('InvalidArgument', 'The parameter MaxItems is not valid.', 400);
  }
  const marker = query.get('Marker') ?? '';
  const start = marker === '' ? 0 : all.findIndex((item) => idOf(item) === marker) + 1;
  const some = all.slice(start, start + Math.min(max, 100));
  const truncated = start + some.length < all.length;
  const last = some.at(-1);
  return {
    Marker: marker,
    ...(truncated && last !== undefined ? { NextMarker: idOf(last) } : {}),
    MaxItems: Math.min(max, 100),
    IsTruncated: truncated,
    Quantity: some.length,
    ...(some.length > 0 ? { Items: { [element]: some.map(write) } } : {}),
  };
}
