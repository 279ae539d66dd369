import { describe, expect, it } from 'vitest';
import type { PreparedPart } from '../../../src/release/part.ts';
import { prepareAll } from '../../../src/release/prepare-all.ts';
import { refused } from '../../../src/runtime/errors.ts';

const part = (name: string, ends?: Error) => {
  const closed: string[] = [];
  const prepare = async () => {
    if (ends) throw ends;
    return { name, close: () => void closed.push(name) } as unknown as PreparedPart;
  };
  return { name, prepare, closed };
};

describe('preparing all parts', () => {
  it('gives them in their order', async () => {
    const prepared = await prepareAll([part('api'), part('web')]);
    expect(prepared.map(({ name }) => name)).toEqual(['api', 'web']);
  });

  it('tells all that is wrong, with the part and the input, and lets go of the others', async () => {
    const fine = part('worker');
    const wrong = [
      part('api', refused({ input: 'image', what: 'is not there' })),
      part('web', refused({ what: 'the folder is empty' })),
    ];
    const error = await prepareAll([...wrong, fine]).catch((thrown: Error) => thrown);
    expect(String(error)).toContain('part api, `image`: is not there');
    expect(String(error)).toContain('part web: the folder is empty');
    expect(fine.closed).toEqual(['worker']);
  });

  it('does not hide a bug behind what was foreseen', async () => {
    const bug = new TypeError('x is undefined');
    await expect(prepareAll([part('api', bug)])).rejects.toBe(bug);
  });
});
