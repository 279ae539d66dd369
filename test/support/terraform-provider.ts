import { createServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';

/** Type of an attribute, as Terraform writes types in JSON. */
type TerraformType = string | readonly [string, TerraformType | Readonly<Record<string, TerraformType>>];
export interface BlockSchema {
  /** `both`: written, or else known to AWS alone. `write-only`: in no plan and in no state. */
  readonly attributes: Readonly<
    Record<
      string,
      readonly [type: TerraformType, use: 'required' | 'optional' | 'computed' | 'both' | 'write-only']
    >
  >;
  readonly blocks: Readonly<Record<string, NestedSchema>>;
}
export interface NestedSchema extends BlockSchema {
  readonly nesting: 'list' | 'set';
  readonly min?: number;
  readonly max?: number;
}
export interface ProviderSchema {
  readonly source: string;
  readonly provider: string;
  readonly resource: Readonly<Record<string, BlockSchema>>;
  readonly data: Readonly<Record<string, BlockSchema>>;
}

/** As much of the AWS provider's own configuration as ours uses. */
const PROVIDER: BlockSchema = {
  attributes: { region: ['string', 'optional'], alias: ['string', 'optional'] },
  blocks: {
    default_tags: {
      nesting: 'list',
      max: 1,
      attributes: { tags: [['map', 'string'], 'optional'] },
      blocks: {},
    },
  },
};

/** Protocol Buffers, wire types 0 (a number) and 2 (bytes): https://protobuf.dev/programming-guides/encoding/ */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) | 128);
  }
}
const number = (field: number, value: number | boolean) =>
  Number(value) === 0 ? Buffer.alloc(0) : Buffer.concat([varint(field * 8), varint(Number(value))]);
function bytes(field: number, value: Buffer | string): Buffer {
  const body = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([varint(field * 8 + 2), varint(body.length), body]);
}

/** Numbers of the fields: https://github.com/hashicorp/terraform/blob/main/docs/plugin-protocol/tfplugin6.proto */
function encodeBlock({ attributes, blocks }: BlockSchema): Buffer {
  return Buffer.concat([
    ...Object.entries(attributes).map(([name, [type, use]]) =>
      bytes(
        2,
        Buffer.concat([
          bytes(1, name),
          bytes(2, JSON.stringify(type)),
          number(4, use === 'required'),
          number(5, use === 'optional' || use === 'both' || use === 'write-only'),
          number(6, use === 'computed' || use === 'both'),
          number(11, use === 'write-only'),
        ]),
      ),
    ),
    ...Object.entries(blocks).map(([name, nested]) =>
      bytes(
        3,
        Buffer.concat([
          bytes(1, name),
          bytes(2, encodeBlock(nested)),
          number(3, nested.nesting === 'list' ? 2 : 3),
          number(4, nested.min ?? 0),
          number(5, nested.max ?? 0),
        ]),
      ),
    ),
  ]);
}

/** The bytes of one field of a message; `undefined` where it is not there. */
function fieldOf(message: Buffer, wanted: number): Buffer | undefined {
  let at = 0;
  const next = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = message[at++] ?? 0;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = next();
    const value = next();
    if (tag % 8 !== 2) continue;
    if (tag >> 3 === wanted) return message.subarray(at, at + value);
    at += value;
  }
  return undefined;
}

/** OpenTofu asks the provider to bring a state to its version, which it has already: field 3 is the state, its JSON field 1. */
function upgraded(request: Buffer): Buffer {
  const state = fieldOf(fieldOf(request, 3) ?? Buffer.alloc(0), 1) ?? Buffer.from('null');
  return bytes(1, bytes(2, state));
}

const encodeSchema = (block: BlockSchema) => bytes(2, encodeBlock(block));
const encodeMap = (field: number, schemas: Readonly<Record<string, BlockSchema>>) =>
  Buffer.concat(
    Object.entries(schemas).map(([name, schema]) =>
      bytes(field, Buffer.concat([bytes(1, name), bytes(2, encodeSchema(schema))])),
    ),
  );

export interface FakeProvider {
  /** Environment in which Terraform uses it, and asks no registry. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/**
 * A provider that knows the schema of `hashicorp/aws` and nothing else: enough for Terraform's own `validate`, and for
 * `test` with `mock_provider`, which makes up what AWS would answer. It speaks gRPC as Terraform's debugging asks for:
 * https://developer.hashicorp.com/terraform/plugin/debugging
 */
export async function startProvider(schema: ProviderSchema): Promise<FakeProvider> {
  const schemas = Buffer.concat([
    bytes(1, encodeSchema(PROVIDER)),
    encodeMap(2, schema.resource),
    encodeMap(3, schema.data),
  ]);
  const server = createServer();
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    const called = String(headers[':path']).split('/').at(-1) ?? '';
    stream.on('error', () => {});
    const body: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => body.push(chunk));
    stream.on('end', () => {
      // A call that was given up has nobody to answer.
      if (stream.destroyed) return;
      const known = /^(Validate|GetProviderSchema|ConfigureProvider|UpgradeResourceState|Stop)/.test(called);
      // A message has a head of five bytes: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
      const request = Buffer.concat(body).subarray(5);
      const message =
        called === 'GetProviderSchema'
          ? schemas
          : called === 'UpgradeResourceState'
            ? upgraded(request)
            : Buffer.alloc(0);
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      // 12 is UNIMPLEMENTED.
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': known ? '0' : '12' }));
      const head = Buffer.alloc(5);
      head.writeUInt32BE(message.length, 1);
      stream.end(known ? Buffer.concat([head, message]) : undefined);
    });
  });
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (session) => sessions.add(session));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const here = {
    Protocol: 'grpc',
    ProtocolVersion: 6,
    Pid: process.pid,
    Test: true,
    Addr: { Network: 'tcp', String: `127.0.0.1:${port}` },
  };
  // Terraform's name for it, and OpenTofu's.
  const reattach = {
    'registry.terraform.io/hashicorp/aws': here,
    'registry.opentofu.org/hashicorp/aws': here,
  };
  return {
    env: { TF_REATTACH_PROVIDERS: JSON.stringify(reattach), CHECKPOINT_DISABLE: '1' },
    stop: () =>
      new Promise((resolve) => {
        for (const session of sessions) session.destroy();
        server.close(() => resolve());
      }),
  };
}
