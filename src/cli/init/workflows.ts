import { posix } from 'node:path';
import type { Draft, DraftSite } from './draft.ts';
import { scalar, servicesOf, sitesOf, variableFor } from './release-file.ts';

/** Actions of others, at exactly these commits. */
const CHECKOUT = 'actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1';
const UPLOAD = 'actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f # v7.0.0';
const DOWNLOAD = 'actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c # v8.0.1';
const LOGIN = 'aws-actions/configure-aws-credentials@e6de054238d6b7531b4efff3b6587d9aade6a06c # v6.2.3';
const OURS = 'org/wwhd-deploy/actions';

/** A value of the account in a workflow: as it is known, else a variable of GitHub's. */
const known = (value: string | undefined, variable: string) =>
  value && !value.includes('${')
    ? scalar(value)
    : `\${{ vars.${/^\$\{(\w+)\}$/.exec(value ?? '')?.[1] ?? variable} }}`;
const regionOf = (draft: Draft) => known(draft.region, 'AWS_REGION');
const roleOf = (draft: Draft) => known(draft.role, 'AWS_ROLE');

/** The workflow that takes a push to the main branch live: images, sites, and all of it as one release. */
export function deployWorkflow(draft: Draft, branch: string): string {
  const built = sitesOf(draft).filter(({ found }) => found.command !== undefined);
  const needs = built.map(({ found }) => `site-${found.name}`);
  return `# Each push to ${branch}: images and sites are built, and go live as one release, or are put back as one.
name: Deploy

on:
  push:
    branches: [${scalar(branch)}]

permissions: {}

jobs:
${built.map(siteJob).join('')}  release:
    name: Release
${needs.length > 0 ? `    needs: [${needs.join(', ')}]\n` : ''}    runs-on: ubuntu-latest
    timeout-minutes: 120
    environment: ${draft.environment}
    # Two releases of one environment never run at once, and a running one is never cut off half way.
    concurrency:
      group: wwhd-deploy-${draft.environment}
      cancel-in-progress: false
    permissions:
      contents: read
      id-token: write # to log in to AWS
    steps:
      - name: Check out
        uses: ${CHECKOUT}
        with:
          persist-credentials: false
      - name: Log in to AWS
        uses: ${LOGIN}
        with:
          role-to-assume: ${roleOf(draft)}
          aws-region: ${regionOf(draft)}
${built.map(downloadStep).join('')}${servicesOf(draft).map(imageStep).join('')}      - name: Deploy
        uses: ${OURS}/deploy@v1
        with:
          environment: ${draft.environment}
          variables: \${{ toJSON(vars) }}
${imageLines(draft)}`;
}

/** The build runs code of a thousand packages: a job without a token, a role or an environment. */
function siteJob({ found }: DraftSite): string {
  return `  site-${found.name}:
    name: Build ${found.name}
    runs-on: ubuntu-latest
    timeout-minutes: 60
    permissions:
      contents: read
    steps:
      - name: Check out
        uses: ${CHECKOUT}
        with:
          persist-credentials: false
      - name: Build
        uses: ${OURS}/test@v1
        with:
          working-directory: ${scalar(found.directory)}
          command: ${scalar(found.command ?? '')}
          title: ${found.name}
      - name: Keep the built site for the job that deploys it
        uses: ${UPLOAD}
        with:
          name: site-${found.name}
          path: ${scalar(posix.join(found.directory, found.output))}
          if-no-files-found: error
          include-hidden-files: true
          retention-days: 7
          overwrite: true

`;
}

const downloadStep = ({ found }: DraftSite) => `      - name: Fetch ${found.name}
        uses: ${DOWNLOAD}
        with:
          name: site-${found.name}
          path: ${scalar(posix.join(found.directory, found.output))}
`;

function imageStep({ found, repository }: ReturnType<typeof servicesOf>[number]): string {
  const dockerfile = found.dockerfile ? `\n          dockerfile: ${scalar(found.dockerfile)}` : '';
  return `      - name: Build and push ${found.name}
        id: image-${found.name}
        uses: ${OURS}/push-image@v1
        with:
          repository: ${known(repository, variableFor(found.name, 'repository'))}
          context: ${scalar(found.context)}${dockerfile}
`;
}

function imageLines(draft: Draft): string {
  const lines = servicesOf(draft).map(
    ({ found }) => `            ${found.name}=\${{ steps.image-${found.name}.outputs.image }}\n`,
  );
  return lines.length === 0 ? '' : `          images: |\n${lines.join('')}`;
}

/** The red button. */
export function rollbackWorkflow(draft: Draft): string {
  return `# The red button: Actions → Rollback → Run workflow.
name: Rollback

on:
  workflow_dispatch:
    inputs:
      to:
        description: latest-good, a release id, a commit, or a tag
        default: latest-good
      reason:
        description: Why
        required: true

permissions: {}

jobs:
  rollback:
    permissions:
      contents: read
      id-token: write # to log in to AWS
    uses: org/wwhd-deploy/.github/workflows/rollback.yml@v1
    with:
      environment: ${draft.environment}
      aws-region: ${regionOf(draft)}
      role-to-assume: ${roleOf(draft)}
      release-bucket: ${known(draft.releaseBucket, 'RELEASE_BUCKET')}
      to: \${{ inputs.to }}
      reason: \${{ inputs.reason }}
`;
}
