import { advice, type Finding } from '../finding.ts';

/** CloudFormation, and so CDK, puts its tags on what it makes, and brings its own image back. */
export function judgeOwner(tags: Readonly<Record<string, string | undefined>>): Finding[] {
  const stack = tags['aws:cloudformation:stack-name'];
  if (!stack) return [];
  return [
    advice(
      `the CloudFormation stack ${stack} made the service: its next update brings back the image of its template`,
      'let the template take the image from a parameter, and give that the image that is deployed',
    ),
  ];
}
