import { lookup } from 'node:dns/promises';
import { connect } from 'node:tls';
import { formatDuration } from '../../runtime/duration.ts';
import { messageOf } from '../../runtime/errors.ts';
import { advice, type Finding, ok, wrong } from '../finding.ts';
import type { Check } from '../preflight.ts';

const TIMEOUT = 10_000;
/** A certificate of ACM is renewed 60 days before its end; one with less than 14 days left is not being renewed. */
const SOON = 14 * 86_400_000;

/** The site's own name: DNS leads somewhere, and the certificate is good. */
export const domain: Check = {
  id: 'domain',
  title: 'Domain and certificate',
  applies: ({ site }) => site?.siteUrl !== undefined,
  async run({ site }, { clock }) {
    const url = new URL(site?.siteUrl ?? '');
    try {
      const addresses = await lookup(url.hostname, { all: true });
      const found = ok(
        `${url.hostname} is ${addresses
          .map(({ address }) => address)
          .slice(0, 4)
          .join(', ')}`,
      );
      return url.protocol === 'https:' ? [found, judgeCertificate(await validTo(url), clock.now())] : [found];
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
        return [
          wrong(
            `DNS has no address for ${url.hostname}`,
            'create an alias record (A and AAAA) in Route 53 for the distribution',
          ),
        ];
      }
      return [
        wrong(
          `https://${url.host} does not agree on TLS: ${messageOf(error)}`,
          'set an ACM certificate of us-east-1 for this name on the distribution',
        ),
      ];
    }
  },
};

export function judgeCertificate(until: number, now: number): Finding {
  const left = until - now;
  const day = new Date(until).toISOString().slice(0, 10);
  if (left > SOON) return ok(`its certificate is valid until ${day}`);
  return advice(
    `its certificate ends in ${formatDuration(Math.max(0, left))} (${day}) and is not being renewed`,
    'see in ACM why: as a rule the CNAME that proves the domain is gone',
  );
}

/** End of the certificate's validity, in milliseconds since the epoch. @throws what the handshake threw */
function validTo(url: URL): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(
      { host: url.hostname, port: Number(url.port) || 443, servername: url.hostname },
      () => {
        resolve(Date.parse(socket.getPeerCertificate().valid_to));
        socket.destroy();
      },
    );
    socket.setTimeout(TIMEOUT, () => socket.destroy(new Error('no answer in 10 s')));
    socket.on('error', reject);
  });
}
