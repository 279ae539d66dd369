import type { Field } from '../../runtime/document/field.ts';
import type { Expectation } from './expectation.ts';

/** The hash of the body as it is after decoding (`content-encoding` undone). */
export function readSha256(field: Field): Expectation[] {
  const hex = field.written?.toLowerCase() ?? '';
  if (!/^[0-9a-f]{64}$/.test(hex)) {
    field.mistake(`must be the 64 hexadecimal digits of a sha256, found ${field.found()}`);
    return [];
  }
  const place = field.place;
  return [
    {
      key: 'sha256',
      captures: [],
      needsBody: false,
      samples: 1,
      judge: ({ answer }) => [
        {
          ...place,
          what: 'sha256',
          ok: !answer.cut && answer.sha256 === hex,
          expected: hex,
          got: answer.cut ? 'a body over 10 MB, which was cut' : `${answer.sha256} of ${answer.size} bytes`,
        },
      ],
    },
  ];
}
