import { CloudFault } from '../../core/service.ts';

export const refuse = (code: string, message: string): CloudFault => new CloudFault(code, message);
