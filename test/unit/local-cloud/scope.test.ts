import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cloud, startCloud } from '../../../local-cloud/core/cloud.ts';
import { services } from '../../../local-cloud/services/index.ts';

/** What the local cloud is to have: docs/local-cloud.md has its table from here. */
const scope = JSON.parse(readFileSync('local-cloud/scope.json', 'utf8')) as ReadonlyArray<{
  readonly operations: Readonly<Record<string, readonly string[]>>;
}>;

let cloud: Cloud;
beforeAll(async () => {
  const options = { port: 0, host: '127.0.0.1', speed: 100, latency: 0, region: 'us-west-2', log: () => {} };
  cloud = await startCloud(services, options);
});
afterAll(() => cloud.close());

describe('the scope of the local cloud', () => {
  it('is every operation that its services have, and no other', async () => {
    const { operations } = (await (await fetch(`${cloud.endpoint}/_cloud/`)).json()) as {
      readonly operations: Readonly<Record<string, readonly string[]>>;
    };
    const had = Object.entries(operations).map(([name, all]) => [name, [...all].sort()]);
    const listed = scope.flatMap((row) => Object.entries(row.operations));
    expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(had));
  });
});

describe('the types of what is asked for', () => {
  const files = readdirSync('local-cloud', { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );

  it('are those of the tables: nothing is `any`', () => {
    const loose = files.filter((name) =>
      /noExplicitAny|@ts-ignore|@ts-expect-error|@ts-nocheck/.test(
        readFileSync(`local-cloud/${name}`, 'utf8'),
      ),
    );
    expect(loose).toEqual([]);
  });

  it('every service that is held to a table is typed by it', () => {
    const untyped = files.filter((name) => {
      const text = readFileSync(`local-cloud/${name}`, 'utf8');
      return /\bmodelled\b(?!<Inputs>\()/.test(
        text.replaceAll(/^import[^;]*;|^export function modelled/gm, ''),
      );
    });
    expect(untyped).toEqual([]);
  });
});
