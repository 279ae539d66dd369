import { CloudFault } from '../../core/service.ts';

/** A header that S3 does not act upon, in its own words: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
export const unsupportedHeader = (Header: string): CloudFault =>
  new CloudFault(
    'NotImplemented',
    'A header you provided implies functionality that is not implemented',
    501,
    { Header },
  );
