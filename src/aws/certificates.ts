import { readFileSync } from 'node:fs';
import * as tls from 'node:tls';
import { messageOf, refused } from '../runtime/errors.ts';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Certificates (PEM) that connections to AWS trust where AWS_CA_BUNDLE names a file: those of Node, those of
 * NODE_EXTRA_CA_CERTS, and the file's. The SDK for JavaScript does not read that variable by itself
 * (https://docs.aws.amazon.com/sdkref/latest/guide/feature-gen-config.html).
 * @returns undefined where nothing is named: Node's own stand
 * @throws ActionError `refused` where the file cannot be read or holds none
 */
export function awsCertificates(env: Env): string[] | undefined {
  const file = env['AWS_CA_BUNDLE'];
  if (!file) return undefined;
  const bundle = read(file);
  const extra = env['NODE_EXTRA_CA_CERTS'];
  return [...nodesOwn(), ...(extra ? [readOr(extra)] : []), bundle];
}

function nodesOwn(): readonly string[] {
  const { getCACertificates } = tls as { getCACertificates?: (type: 'default') => string[] };
  // Node 22.15 and later knows those of the system and of NODE_EXTRA_CA_CERTS too.
  return getCACertificates?.('default') ?? tls.rootCertificates;
}

function read(file: string): string {
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw wrong(file, messageOf(error), error);
  }
  if (!text.includes('-----BEGIN CERTIFICATE-----')) throw wrong(file, 'it has no certificate in PEM');
  return text;
}

const wrong = (file: string, found: string, cause?: unknown) =>
  refused({
    what: `the certificates of AWS_CA_BUNDLE (${file}) cannot be used`,
    found,
    fix: 'name a file of PEM certificates, or unset AWS_CA_BUNDLE',
    cause,
  });

/** Node warns of a file that cannot be read, and goes on without it. */
function readOr(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
