// Signs what a bench asks the local cloud itself, with AWS's own signer: the local cloud verifies signatures.
import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';

class Sha256 {
  constructor(secret) {
    this.hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret);
  }
  update(bytes) {
    this.hash.update(bytes);
  }
  async digest() {
    return this.hash.digest();
  }
  reset() {}
}

const signers = new Map();

/**
 * @param {string} endpoint
 * @param {{ service: string, method: string, path: string, headers?: Record<string, string>, body?: string }} request
 *   `path` with its query, percent-encoded
 * @returns {Promise<Record<string, string>>} its headers, signed with the key pair `local`
 */
export async function signedHeaders(endpoint, { service, method, path, headers, body }) {
  const url = new URL(endpoint);
  const [pathname, search = ''] = path.split('?');
  const signer =
    signers.get(service) ??
    new SignatureV4({
      service,
      region: 'us-west-2',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      sha256: Sha256,
      uriEscapePath: service !== 's3',
    });
  signers.set(service, signer);
  const unsigned = service === 's3' ? { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } : {};
  const signed = await signer.sign({
    protocol: url.protocol,
    hostname: url.hostname,
    method,
    path: pathname,
    query: Object.fromEntries(new URLSearchParams(search)),
    headers: { host: url.host, ...unsigned, ...headers },
    body,
  });
  return signed.headers;
}
