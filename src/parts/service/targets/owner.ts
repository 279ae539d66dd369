/** A tag as ECS (`key`, `value`) and App Runner (`Key`, `Value`) tell it. */
export interface Tag {
  readonly key?: string | undefined;
  readonly value?: string | undefined;
}

/**
 * Who else deploys the service, by the tags that CloudFormation (and so CDK) puts on what it makes
 * (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-console-create-stack.html: aws:cloudformation:*).
 * @returns what a user should know, or nothing
 */
export function ownerNotes(tags: readonly Tag[] | undefined): string[] {
  const stack = tags?.find(({ key }) => key === 'aws:cloudformation:stack-name')?.value;
  if (!stack) return [];
  return [
    `the service was made by the CloudFormation stack ${stack}: the next update of that stack that touches the service brings back the image of its template. Let the template take the image from a parameter, and give that the image of this release`,
  ];
}
