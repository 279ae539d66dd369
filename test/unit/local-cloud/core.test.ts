import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { AwsChunkedDecoder } from '../../../local-cloud/core/aws-chunked.ts';
import { CborError, decodeCbor, encodeCbor } from '../../../local-cloud/core/cbor.ts';
import { Faults } from '../../../local-cloud/core/faults.ts';
import { parseForm } from '../../../local-cloud/core/query.ts';
import { splitUrl } from '../../../local-cloud/core/request.ts';
import { route } from '../../../local-cloud/core/route.ts';
import {
  bool,
  int,
  list,
  map,
  type Reading,
  required,
  str,
  struct,
  violationText,
  WrongType,
} from '../../../local-cloud/core/shape.ts';
import { document, escapeXml, parseXml, text, unescapeXml } from '../../../local-cloud/core/xml.ts';

describe('route: which service a request is for', () => {
  const scope = (service: string, region = 'eu-west-1') =>
    `AWS4-HMAC-SHA256 Credential=AKIA1/20260101/${region}/${service}/aws4_request, SignedHeaders=host, Signature=0`;
  const date = { 'x-amz-date': '20260101T000000Z' };
  it.each([
    ['GET', '/b/k', '', { authorization: scope('s3'), ...date }, 's3', 'eu-west-1', true],
    ['POST', '/', '', { authorization: scope('apprunner'), ...date }, 'apprunner', 'eu-west-1', true],
    ['GET', '/v2/', '', { authorization: scope('s3'), ...date }, 's3', 'eu-west-1', true],
    ['GET', '/v2/', '', {}, 'registry', undefined, false],
    ['HEAD', '/v2/app/manifests/1', '', { authorization: 'Basic QVdTOng=' }, 'registry', undefined, false],
    ['GET', '/v2bucket/key', '', {}, 's3', undefined, false],
    [
      'GET',
      '/b/k',
      'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=A/20260101/us-east-1/s3/aws4_request&X-Amz-Date=20260101T000000Z&X-Amz-SignedHeaders=host&X-Amz-Signature=0',
      {},
      's3',
      'us-east-1',
      true,
    ],
    ['GET', '/b/k', 'X-Amz-Credential=A/20260101/us-east-1/s3/aws4_request', {}, 's3', undefined, true],
    ['GET', '/b/k', 'AWSAccessKeyId=A&Signature=x&Expires=1', {}, 's3', undefined, true],
    [
      'POST',
      '/',
      '',
      { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      'sts',
      undefined,
      false,
    ],
    ['POST', '/', '', { 'x-amz-target': 'AppRunner.ListServices' }, 'unsigned', undefined, false],
    ['GET', '/b/k', '', { authorization: 'AWS4-HMAC-SHA256 Credential=too/short' }, 's3', undefined, true],
    ['GET', '/', '', {}, 's3', undefined, false],
  ] as const)('%s %s?%s %j is %s', (method, path, query, headers, service, region, signed) => {
    expect(route(method, path, new URLSearchParams(query), headers as Record<string, string>)).toMatchObject({
      service,
      region,
      signed,
    });
  });

  it('takes a whole URL in the request line', () => {
    expect(splitUrl('http://host/a%20b?x=1').path).toBe('/a%20b');
    expect(splitUrl('http://host').path).toBe('/');
  });
});

describe('aws-chunked', () => {
  const decode = async (parts: readonly string[]) => {
    const decoder = new AwsChunkedDecoder();
    const chunks: Buffer[] = [];
    for await (const chunk of Readable.from(parts.map((p) => Buffer.from(p, 'latin1'))).pipe(decoder))
      chunks.push(chunk);
    return { body: Buffer.concat(chunks).toString(), trailers: decoder.trailers };
  };

  it.each([
    [
      'unsigned with a trailer',
      '5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n',
      'hello',
      { 'x-amz-checksum-crc32': 'AAAAAA==' },
    ],
    [
      'signed chunks',
      '5;chunk-signature=ab\r\nhello\r\n1;chunk-signature=cd\r\n!\r\n0;chunk-signature=ef\r\n\r\n',
      'hello!',
      {},
    ],
    ['nothing in it', '0\r\n\r\n', '', {}],
    ['no last line end', '1\r\nx\r\n0\r\nx-amz-checksum-crc32:AA==', 'x', { 'x-amz-checksum-crc32': 'AA==' }],
  ])('%s', async (_name, wire, body, trailers) => {
    expect(await decode([wire])).toEqual({ body, trailers });
    // Wherever the network cuts it.
    expect(await decode([...wire])).toEqual({ body, trailers });
  });

  it.each(['5\r\nhel', 'zz\r\nhello\r\n', '5\r\nhelloXX0\r\n\r\n', 'a'.repeat(9000)])(
    'refuses %j',
    async (wire) => {
      await expect(decode([wire])).rejects.toMatchObject({ code: 'IncompleteBody' });
    },
  );
});

describe('CBOR', () => {
  it.each([
    [0],
    [23],
    [24],
    [255],
    [256],
    [65536],
    [2 ** 32],
    [2 ** 53 - 1],
    [-1],
    [-25],
    [-(2 ** 40)],
    [1.5],
    [-0.25],
    [true],
    [false],
    [null],
    [''],
    ['text with ü'],
    [[1, [2, 'x']]],
    [{ a: 1, b: { c: [] } }],
  ])('gives back %j', (value) => {
    expect(decodeCbor(encodeCbor(value))).toEqual(value);
  });

  it('has dates, bytes, half floats and indefinite lengths', () => {
    const date = new Date('2026-11-23T12:00:00.500Z');
    expect(decodeCbor(encodeCbor({ date }))).toEqual({ date });
    expect(decodeCbor(encodeCbor(Buffer.from([1, 2])))).toEqual(Uint8Array.of(1, 2));
    expect(decodeCbor(Buffer.from('f93e00', 'hex'))).toBe(1.5);
    expect(decodeCbor(Buffer.from('9f0102ff', 'hex'))).toEqual([1, 2]);
    expect(decodeCbor(Buffer.from('bf616101ff', 'hex'))).toEqual({ a: 1 });
  });

  // The first one is a text in chunks, which no AWS client sends.
  it.each([
    '7f61616162ff',
    '1bffffffffffffffff',
    '',
    '18',
    '62',
    '61',
    'ff',
    '9f',
    'a1',
    'a101',
    '1c',
    '0000',
    'f8',
    '81'.repeat(100),
  ])('refuses %s', (hex) => {
    expect(() => decodeCbor(Buffer.from(hex, 'hex'))).toThrow(CborError);
  });
});

describe('XML', () => {
  it('escapes what XML cannot have', () => {
    expect(escapeXml(`<a & "b" 'c'>\u0001\n`)).toBe('&lt;a &amp; &quot;b&quot; &apos;c&apos;&gt;&#x1;\n');
    expect(document('R', { A: [1, 2], B: undefined, C: { D: true } })).toContain(
      '<R><A>1</A><A>2</A><C><D>true</D></C></R>',
    );
  });
  it.each([
    ['&#34;x&#x22;', '"x"'],
    ['a &amp;lt; b', 'a &lt; b'],
    ['&unknown; & &#99999999;', '&unknown; & &#99999999;'],
  ])('reads %s', (from, to) => {
    expect(unescapeXml(from)).toBe(to);
  });
  it('keeps white space in a key', () => {
    expect(text(parseXml('<D xmlns="http://x/"><Key> a </Key></D>', 'D'), 'Key')).toBe(' a ');
  });
  it.each(['', 'x', '<A>', '<B/>', '<!DOCTYPE A [<!ENTITY x "y">]><A>&x;</A>'])(
    'refuses %j as <A>',
    (body) => {
      expect(() => parseXml(body, 'A')).toThrow(expect.objectContaining({ code: 'MalformedXML' }));
    },
  );
});

describe('shapes', () => {
  const shape = struct({
    Name: required(str({ min: 1, max: 4, pattern: /^[a-z]*$/ })),
    Count: int({ min: 1, max: 9 }),
    On: bool(),
    Tags: list(struct({ Key: required(str()) }), { max: 2 }),
    Map: map(int()),
  });
  const read = (value: unknown, texts = false) => {
    const reading: Reading = { texts, violations: [] };
    const result = shape.read(value, '', reading);
    return { result, said: reading.violations.length > 0 ? violationText(reading.violations) : '' };
  };

  it('reads JSON, and ignores what it does not know', () => {
    expect(read({ Name: 'a', Count: 2, Other: 1, On: null }).result).toEqual({ Name: 'a', Count: 2 });
  });
  it('reads the texts of a form', () => {
    const form = new URLSearchParams(
      'Action=A&Name=ab&Count=3&On=true&Tags.member.1.Key=x&Map.entry.1.key=k&Map.entry.1.value=7',
    );
    expect(read(parseForm(form), true).result).toEqual({
      Name: 'ab',
      Count: 3,
      On: true,
      Tags: [{ Key: 'x' }],
      Map: { k: 7 },
    });
  });
  it.each([
    [
      {},
      "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null",
    ],
    [{ Name: 'ABCDE' }, 'less than or equal to 4'],
    [{ Name: '' }, 'greater than or equal to 1'],
    [{ Name: 'a', Count: 10 }, 'value less than or equal to 9'],
    [{ Name: 'a', Tags: [{ Key: 'a' }, { Key: 'a' }, {}] }, '2 validation errors'],
  ])('says what is wrong with %j', (value, said) => {
    expect(read(value).said).toContain(said);
  });
  it.each([
    null,
    [],
    'text',
    { Name: 1 },
    { Name: 'a', Count: '3' },
    { Name: 'a', Count: 1.5 },
    { Name: 'a', Tags: {} },
  ])('cannot read %j', (value) => {
    expect(() => read(value)).toThrow(WrongType);
  });
});

describe('faults', () => {
  const place = { service: 's3', operation: 'PutObject', resource: 'bucket/a/key' };
  const kinds = new Set(['throttle', 'error']);
  const hits = (fault: object, times: number, where = place) => {
    const faults = new Faults(() => 0.5);
    faults.add(fault);
    return Array.from({ length: times }, () => (faults.take(kinds, where) ? 1 : 0)).join('');
  };

  it.each([
    [{ kind: 'throttle' }, '1111'],
    [{ kind: 'throttle', count: 2 }, '1100'],
    [{ kind: 'throttle', after: 1, count: 1 }, '0100'],
    [{ kind: 'throttle', rate: 0.4 }, '0000'],
    [{ kind: 'throttle', rate: 0.6 }, '1111'],
    [{ kind: 'throttle', service: 'ecr' }, '0000'],
    [{ kind: 'throttle', operation: 'PutObject', resource: '/a/' }, '1111'],
    [{ kind: 'throttle', resource: 'other' }, '0000'],
    [{ kind: 'latency', ms: 1 }, '0000'],
  ])('%j hits %s', (fault, wanted) => {
    expect(hits(fault, 4)).toBe(wanted);
  });
  it('lets go of what it holds when it is cleared', async () => {
    const faults = new Faults();
    const [one, other] = [faults.add({ kind: 'hold' }), faults.add({ kind: 'hold' })];
    const gone: string[] = [];
    const held = [
      faults.cleared(one).then(() => gone.push('one')),
      faults.cleared(other).then(() => gone.push('other')),
    ];
    faults.clear(one.id);
    await held[0];
    expect(gone).toEqual(['one']);
    faults.clear();
    await Promise.all(held);
    expect(gone).toEqual(['one', 'other']);
  });
  it.each([
    null,
    'x',
    [],
    {},
    { kind: 'nonsense' },
    { kind: 'error', rate: 2 },
    { kind: 'error', service: 1 },
  ])('refuses %j', (fault) => {
    expect(() => new Faults().add(fault)).toThrow();
  });
});
