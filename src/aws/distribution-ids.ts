import { refused } from '../runtime/errors.ts';

/**
 * The input `distribution`: ids or ARNs, with commas or line breaks between them, each once.
 * @throws ActionError `refused`
 */
export function readDistributions(text: string): string[] {
  const ids = text
    .split(/[\s,]+/)
    .filter(Boolean)
    .map((one) => one.replace(/^arn:[\w-]+:cloudfront::\d*:distribution\//, ''));
  const wrong = ids.find((id) => !/^[A-Z0-9]{8,20}$/.test(id));
  if (wrong === undefined) return [...new Set(ids)];
  throw refused({
    input: 'distribution',
    what: 'is not the id of a distribution',
    found: wrong,
    fix: 'give the id, such as E2QWRUHAPOMQZL (several with commas between them); the domain name goes into `site-url`',
  });
}
