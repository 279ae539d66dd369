import { describe, expect, it } from 'vitest';
import {
  cookieFields,
  type FunctionEvent,
  queryFields,
  queryOf,
  requestHeaders,
} from '../../../local-cloud/services/cloudfront/functions/event.ts';
import { readResult } from '../../../local-cloud/services/cloudfront/functions/result.ts';
import { runFunction } from '../../../local-cloud/services/cloudfront/functions/run.ts';

const request = {
  method: 'GET',
  uri: '/a',
  querystring: {},
  headers: { host: { value: 'h' }, accept: { value: '*/*' } },
  cookies: {},
};
const at = (eventType: 'viewer-request' | 'viewer-response'): FunctionEvent => ({
  version: '1.0',
  context: { distributionDomainName: 'd', distributionId: 'E', eventType, requestId: 'r' },
  viewer: { ip: '127.0.0.1' },
  request,
  ...(eventType === 'viewer-response'
    ? { response: { statusCode: 200, headers: { via: { value: '1.1 x' } }, cookies: {} } }
    : {}),
});

describe('a function', () => {
  it('keeps nothing from one run to the next, and cannot change the event of its caller', () => {
    const code = `let runs = 0; function handler(event) { event.request.uri = '/' + ++runs; console.log(event.request.uri, { a: 1 }); return event.request; }`;
    const event = at('viewer-request');
    for (const _again of [1, 2])
      expect(runFunction(code, event)).toMatchObject({
        output: expect.stringContaining('"uri":"/1"'),
        logs: ['/1 {"a":1}'],
      });
    expect(event.request.uri).toBe('/a');
  });

  it.each([
    ['waits', `async function handler() { return (await Promise.resolve([1, 2])).length; }`, '2'],
    ['reads Base64', `const handler = () => Buffer.from('aGk=', 'base64').toString();`, '"hi"'],
    ['imports', `import qs from "querystring";\nfunction handler() { return qs.parse('a=1').a; }`, '"1"'],
    ['returns nothing', 'function handler() {}', undefined],
  ])('%s', (_what, code, output) => {
    const ran = runFunction(code, at('viewer-request'));
    expect(ran.error).toBeUndefined();
    expect(ran.output).toBe(output);
  });

  it.each([
    ['waits for ever', 'function handler() { return new Promise(() => {}); }', /never returned/],
    ['is not JavaScript', 'function handler( {', /^SyntaxError/],
    ['makes code of text', 'function handler() { return eval("1"); }', /^EvalError/],
    ['asks for a timer', 'function handler() { setTimeout(() => {}, 1); }', /setTimeout is not defined/],
    ['asks for the network', 'function handler() { return fetch("/"); }', /fetch is not defined/],
    ['asks for the process', 'function handler() { return process.env; }', /process is not defined/],
    ['asks for a module', `const fs = require('fs');`, /Cannot find module "fs"/],
    ['throws what is no error', 'async function handler() { throw "so"; }', /^so$/],
  ])('that %s fails', (_what, code, why) => {
    expect(runFunction(code, at('viewer-request')).error).toMatch(why);
  });

  it.each([
    ['', 'function handler() { for (;;); }'],
    [' after a wait', 'async function handler() { await 1; for (;;); }'],
  ])('that loops for ever%s is ended', (_when, code) => {
    expect(runFunction(code, at('viewer-request'), 50).error).toMatch(/timed out/);
  });
});

describe('what it returns', () => {
  const changed = (more: object) => ({ ...request, ...more });
  it.each([
    ['viewer-request', changed({ uri: '/b' }), 'request'],
    ['viewer-request', { method: 'GET', uri: '/b', headers: { host: { value: 'h' } } }, 'request'],
    ['viewer-request', { statusCode: 404 }, 'response'],
    ['viewer-request', { statusCode: 200, body: { encoding: 'base64', data: '' } }, 'response'],
    ['viewer-response', { statusCode: 200, headers: { via: { value: '1.1 x' } } }, 'response'],
    ['viewer-request', undefined, /no object/],
    ['viewer-request', [], /no object/],
    ['viewer-request', changed({ method: 'PUT' }), /method/],
    ['viewer-request', changed({ uri: 'b' }), /slash/],
    ['viewer-request', changed({ uri: '/b?c' }), /query/],
    ['viewer-request', changed({ querystring: { a: '1' } }), /querystring must be/],
    ['viewer-request', changed({ headers: { host: { value: 'other' } } }), /host is read-only/],
    ['viewer-request', changed({ headers: {} }), /host is read-only/],
    ['viewer-request', changed({ headers: { ...request.headers, 'X-Edge-A': { value: '' } } }), /cannot set/],
    ['viewer-request', { statusCode: '404' }, /statusCode/],
    ['viewer-request', { statusCode: 199 }, /statusCode/],
    ['viewer-request', { statusCode: 200, body: 1 }, /body must be/],
    ['viewer-request', { statusCode: 200, body: { encoding: 'hex', data: '' } }, /body must be/],
    ['viewer-response', { headers: {} }, /statusCode/],
    ['viewer-response', { statusCode: 200, headers: {} }, /via is read-only/],
  ] as const)('%s: %j', (event, returned, wanted) => {
    const result = readResult(at(event), JSON.stringify(returned));
    if (typeof wanted === 'string') expect(result.kind).toBe(wanted);
    else expect(result).toEqual({ kind: 'invalid', why: expect.stringMatching(wanted) });
  });
});

it('has 40 KB at most', () => {
  const kinds = [0, 1].map((more) => {
    const body = 'x'.repeat(40 * 1024 + more);
    return readResult(at('viewer-request'), JSON.stringify({ statusCode: 200, body })).kind;
  });
  expect(kinds).toEqual(['response', 'invalid']);
});

it('queries and cookies come back as they were', () => {
  expect(queryOf(queryFields('a=1&a=%20&b&c=d=e'))).toBe('a=1&a=%20&b&c=d=e');
  expect(requestHeaders({ A: { value: 'x' } }, cookieFields('s=1; t=a=b'))).toEqual({
    a: 'x',
    cookie: 's=1; t=a=b',
  });
  expect(requestHeaders({}, cookieFields(undefined))).toEqual({});
});
