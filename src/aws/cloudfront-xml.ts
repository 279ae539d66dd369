import { xmlText } from './list-xml.ts';

/**
 * The parts of a distribution that we read, from GetDistribution's answer
 * (https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_GetDistribution.html).
 */
export function parseDistribution(xml: string): {
  domain: string;
  aliases: string[];
  enabled: boolean;
  defaultRootObject: string;
  findsFiles: boolean;
  origins: Array<{ id: string; domain: string; path: string; signed: boolean }>;
  behaviors: Array<{ path: string; origin: string }>;
  errorPages: Array<{ code: number; status: number; path: string; ttl: number | undefined }>;
} {
  const config = part(xml, 'DistributionConfig');
  const origins = part(config, 'Origins').split('</Origin>').slice(0, -1);
  // The distribution's own name stands before its configuration, whose origins have names of their own.
  const outside = xml.replace(config, '');
  return {
    domain: xmlText(outside, 'DomainName'),
    aliases: part(config, 'Aliases')
      .split('</CNAME>')
      .slice(0, -1)
      .map((alias) => xmlText(`${alias}</CNAME>`, 'CNAME')),
    // `Enabled` stands in several parts of the configuration; its own is outside all of them.
    enabled:
      lastText(
        withoutParts(config, [
          'Logging',
          'OriginShield',
          'Origins',
          'DefaultCacheBehavior',
          'CacheBehaviors',
        ]),
        'Enabled',
      ) !== 'false',
    defaultRootObject: xmlText(config, 'DefaultRootObject'),
    findsFiles:
      /<EventType>(?:viewer|origin)-request<\/EventType>/.test(config) ||
      config.includes('<CustomOriginConfig>'),
    origins: origins.map((origin) => ({
      id: xmlText(origin, 'Id'),
      domain: xmlText(origin, 'DomainName'),
      path: xmlText(origin, 'OriginPath'),
      signed: Boolean(xmlText(origin, 'OriginAccessControlId') || xmlText(origin, 'OriginAccessIdentity')),
    })),
    behaviors: part(config, 'CacheBehaviors')
      .split('</CacheBehavior>')
      .slice(0, -1)
      .map((one) => ({ path: xmlText(one, 'PathPattern'), origin: xmlText(one, 'TargetOriginId') })),
    errorPages: part(config, 'CustomErrorResponses')
      .split('</CustomErrorResponse>')
      .slice(0, -1)
      .map((page) => {
        const code = Number(xmlText(page, 'ErrorCode'));
        const path = xmlText(page, 'ResponsePagePath');
        const ttl = xmlText(page, 'ErrorCachingMinTTL');
        return {
          code,
          status: Number(xmlText(page, 'ResponseCode')) || code,
          path,
          ttl: ttl === '' ? undefined : Number(ttl),
        };
      }),
  };
}

function part(xml: string, tag: string): string {
  const open = new RegExp(`<${tag}(?:\\s[^>]*)?>`).exec(xml);
  if (!open) return '';
  const end = xml.indexOf(`</${tag}>`, open.index);
  return end < 0 ? '' : xml.slice(open.index + open[0].length, end);
}

const withoutParts = (xml: string, tags: readonly string[]) =>
  tags.reduce((rest, tag) => rest.replace(part(rest, tag), ''), xml);

function lastText(xml: string, tag: string): string {
  const at = xml.lastIndexOf(`<${tag}>`);
  return at < 0 ? '' : xmlText(xml.slice(at), tag);
}
