import { expect, it } from 'vitest';
import { urlOf } from '../../../src/parts/site/live/ask-site.ts';
import { findFront } from '../../../src/parts/site/site.ts';
import type { SitePorts } from '../../../src/parts/site/types.ts';

/** A distribution in front of the bucket `site`, serving it from `originPath`. */
const ports = (originPath: string) =>
  ({
    log: { warning: () => {} },
    cdns: [
      {
        id: 'E1',
        describe: async () => ({
          id: 'E1',
          enabled: true,
          aliases: [],
          domain: 'd1.cloudfront.net',
          errorPages: [],
          behaviors: [],
          origins: [{ domain: 'site.s3.us-west-2.amazonaws.com', path: originPath }],
        }),
      },
    ],
  }) as unknown as SitePorts;

it.each([
  ['the root', '', '', undefined, 'https://d1.cloudfront.net/about.html', ''],
  [
    'a folder of the distribution',
    'docs',
    '',
    undefined,
    'https://d1.cloudfront.net/docs/about.html',
    'docs',
  ],
  ['a prefix that is the origin', 'docs', '/docs', undefined, 'https://d1.cloudfront.net/about.html', ''],
  // A function of the distribution leads the host to the folder: visitors never see it, and nor may the check.
  [
    'a preview with a host of its own',
    'previews/pr-7',
    '',
    'https://pr-7.preview.example.com',
    'https://pr-7.preview.example.com/about.html',
    'previews/pr-7',
  ],
  [
    'a path of a host',
    'docs',
    '',
    'www.example.com/docs/',
    'https://www.example.com/docs/about.html',
    'docs',
  ],
])('%s: pages are asked for where visitors find them', async (_what, prefix, origin, given, url, mount) => {
  const place = { bucket: 'site', prefix, environment: 'production' };
  const front = await findFront(ports(origin), place, given);
  expect([urlOf(front.siteUrl ?? '', 'about.html'), front.mount]).toEqual([url, mount]);
});
