import type { Draft } from './draft.ts';

/** Name of the checks file that init writes. */
export const CHECKS_FILE = 'checks.yml';

/**
 * A first checks file: of the first service that answers, else of the first site. `undefined` where there is nobody to ask,
 * such as a worker alone.
 */
export function checksText({ parts }: Draft): string | undefined {
  const service = parts.find(({ kind, found }) => kind === 'service' && found.answers);
  const subject = service ?? parts.find(({ kind }) => kind === 'site');
  if (!subject) return undefined;
  const [name, path, expect] =
    subject.kind === 'service'
      ? ['the service is healthy', subject.found.health ?? '/', '{ status: 2xx }']
      : [
          'the entry page is there',
          '/',
          '{ status: 200, headers: { content-type: { contains: text/html } } }',
        ];
  return `# yaml-language-server: $schema=https://raw.githubusercontent.com/org/wwhd-deploy/v1/schemas/smoke-checks.schema.json
# What ${subject.found.name} must answer to stay live. docs/smoke-test.md says what else can be asked.
version: 1
checks:
  - name: ${name}
    gate: rollback
    get: ${path}
    expect: ${expect}
    retry: { budget: 60s }
`;
}
