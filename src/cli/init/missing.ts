import type { Account } from './account.ts';
import type { Draft } from './draft.ts';
import { servicesOf, sitesOf, type Unknown } from './release-file.ts';

/** Something that is not there yet, with the command that brings it. */
export interface Missing {
  readonly what: string;
  readonly command: string;
}

/** What a first deployment still needs. `seen`: the account could be looked at, so that what it lacks is known. */
export function missingFor(
  draft: Draft,
  unknown: readonly Unknown[],
  seen: { readonly account: Account; readonly releaseBucket: boolean | undefined },
): Missing[] {
  const { account } = seen;
  const region = draft.region;
  const regional = region && !region.includes('$') ? ` --region ${region}` : '';
  const repositories = servicesOf(draft).flatMap(({ repository }) => repository ?? []);
  const notes = sitesOf(draft).flatMap(({ found }) => found.notes);
  return [
    ...unknown.map(({ variable, what }) => setVariable(variable, what)),
    ...variablesOf(draft).map((name) =>
      setVariable(name, 'a variable of your workflow, if it is not set yet'),
    ),
    ...(draft.role
      ? []
      : [
          setVariable(
            'AWS_ROLE',
            'the ARN of the role that the workflow assumes by OIDC (infra/terraform makes one)',
          ),
        ]),
    ...(draft.region ? [] : [setVariable('AWS_REGION', 'the region')]),
    ...repositories
      .filter(
        (name) =>
          account.repositories.length > 0 && !account.repositories.includes(name) && !name.includes('$'),
      )
      .map((name) => ({
        what: `the ECR repository ${name}`,
        command: `aws ecr create-repository${regional} --repository-name ${name} --image-tag-mutability IMMUTABLE`,
      })),
    ...(seen.releaseBucket === false && draft.releaseBucket
      ? [
          {
            what: `the release bucket ${draft.releaseBucket}`,
            command: createBucket(draft.releaseBucket, region),
          },
        ]
      : []),
    ...notes.map((what) => ({ what, command: '' })),
  ];
}

const setVariable = (name: string, what: string): Missing => ({
  what,
  command: `gh variable set ${name} --body VALUE`,
});

/** https://docs.aws.amazon.com/cli/latest/reference/s3api/create-bucket.html: us-east-1 takes no constraint. */
function createBucket(bucket: string, region = 'us-east-1'): string {
  const constraint =
    region === 'us-east-1' ? '' : ` --create-bucket-configuration LocationConstraint=${region}`;
  return `aws s3api create-bucket --bucket ${bucket} --region ${region}${constraint}`;
}

/** Variables of GitHub's that were taken over from a workflow. */
function variablesOf(draft: Draft): string[] {
  const all = JSON.stringify([
    draft.region,
    draft.role,
    draft.releaseBucket,
    draft.parts.map(({ found: _, ...part }) => part),
  ]);
  return [...new Set([...all.matchAll(/\$\{(\w+)\}/g)].map((match) => match[1] ?? ''))];
}
