import { describe, expect, it } from 'vitest';
import { readCheckSecrets } from '../../../src/actions/check-secrets.ts';

const read = (...lines: string[]) => {
  const masked: string[] = [];
  return { secrets: () => readCheckSecrets(lines, (value) => masked.push(value)), masked };
};

describe('the input check-secrets', () => {
  it('gives names to values, and masks each', () => {
    const { secrets, masked } = read('TOKEN=a=b c', 'LOGIN=user:pass');
    expect(secrets()).toEqual({ TOKEN: 'a=b c', LOGIN: 'user:pass' });
    expect(masked).toEqual(['a=b c', 'user:pass']);
  });

  it.each(['hunter2', '=hunter2', 'A B=hunter2', 'TOKEN='])('refuses %j, and does not say it', (line) => {
    const { secrets, masked } = read('FIRST=other', line);
    expect(secrets).toThrow(/input `check-secrets`: has a line that is not NAME=value\n.*line 2/);
    expect(secrets).not.toThrow(/hunter2/);
    expect(masked).toContain('other');
    if (line.includes('hunter2')) expect(masked).toContain('hunter2');
  });
});
