import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ForeignState, StepState } from '../../../src/actions/step-state.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wwhd-state-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('what the main part keeps, the post part reads, and nobody else sees', () => {
  const main = StepState.create(folder);
  const sealed = main.seal('undo', '{"DB":"postgres://secret"}');
  expect(sealed).not.toContain('postgres');
  expect(Buffer.from(sealed, 'base64').toString('latin1')).not.toContain('postgres');
  const post = StepState.reopen(folder, main.keyFile);
  expect(post.open('undo', sealed)).toBe('{"DB":"postgres://secret"}');
  expect(post.open('undo', '')).toBe('');
  expect(statSync(join(folder, main.keyFile)).mode & 0o077).toBe(0);
  post.forget();
  expect(readdirSync(folder)).toEqual([]);
});

test('what somebody else wrote does not open', () => {
  const main = StepState.create(folder);
  const sealed = main.seal('undo', '{"service":"ours"}');
  const bytes = Buffer.from(sealed, 'base64');
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  const post = StepState.reopen(folder, main.keyFile);
  for (const forged of ['{"service":"theirs"}', 'AAAA', bytes.toString('base64')]) {
    expect(() => post.open('undo', forged)).toThrow(ForeignState);
  }
  // A value that was kept under another name is not this one.
  expect(() => post.open('lock', sealed)).toThrow(ForeignState);
  for (const keyFile of ['', '../../etc/passwd', `wwhd-state-${'0'.repeat(36)}`]) {
    expect(() => StepState.reopen(folder, keyFile).open('undo', sealed)).toThrow(ForeignState);
  }
});
