// Generated from actions/push-image/action.yml by `npm run generate`. Do not edit.
// biome-ignore-all format: generated
export const action = {
  name: 'push-image',
  inputs: {
    repository: {
      required: true,
      default: '',
      description: 'ECR repository, by name (`api`) or by URI (`123456789012.dkr.ecr.us-west-2.amazonaws.com/api`). It must exist, but with `create-repository`.',
    },
    context: {
      required: false,
      default: '.',
      description: 'Folder that the image is built from.',
    },
    dockerfile: {
      required: false,
      default: '',
      description: 'Path of the Dockerfile. Default is `Dockerfile`, then `Containerfile`, in the context.',
    },
    target: {
      required: false,
      default: '',
      description: 'Stage of the Dockerfile to build. Default is its last one.',
    },
    'build-args': {
      required: false,
      default: '',
      description: 'Build arguments, one `NAME=value` a line. They can be read from the image; give no secret here.',
    },
    platform: {
      required: false,
      default: 'linux/amd64',
      description: 'Operating system and architecture to build for. App Runner runs `linux/amd64` only.',
    },
    tags: {
      required: false,
      default: '',
      description: 'More tags for the same image, by line or comma. An immutable tag with the commit is always there.',
    },
    secrets: {
      required: false,
      default: '',
      description: 'Secrets that the build may read, one `name=value` a line, for `RUN --mount=type=secret,id=name`. They are masked, and are in no layer.',
    },
    'secret-files': {
      required: false,
      default: '',
      description: 'The same from files, one `name=path` a line.',
    },
    ssh: {
      required: false,
      default: '',
      description: 'SSH agents or keys that the build may use, one a line: `default`, or `id=path`.',
    },
    'build-contexts': {
      required: false,
      default: '',
      description: 'Further contexts, one `name=value` a line: a folder, an address, or `docker-image://…`.',
    },
    cache: {
      required: false,
      default: 'auto',
      description: 'Where build layers are kept between runs: `gha` (GitHub\'s cache, docker with buildx), `registry` (beside the image), `none`, or `auto` (`gha` where it works, else `none`).',
    },
    engine: {
      required: false,
      default: 'auto',
      description: 'What builds: `docker`, `podman`, `buildah`, or `auto` for the first of them that answers.',
    },
    'oci-layout': {
      required: false,
      default: '',
      description: 'Path of an image that is built already, as an OCI image layout (folder or tar file). It is pushed without any engine, and nothing is built.',
    },
    rebuild: {
      required: false,
      default: 'false',
      description: '`true` builds the commit anew (newer base images, no cache), under the tag `sha-<first 12 of the commit>-<time>`: for a nightly build.',
    },
    'create-repository': {
      required: false,
      default: 'false',
      description: '`true` makes the repository where it is not there, with tags that cannot be moved and a scan of each push.',
    },
    push: {
      required: false,
      default: 'true',
      description: '`false` builds the image and pushes nothing: the check of a pull request. It needs no AWS credentials.',
    },
    commit: {
      required: false,
      default: '',
      description: 'Full SHA of the commit that the image is of, where it is not the one that the workflow runs for. With `dry-run` its image is looked for, whatever made it.',
    },
    'scan-gate': {
      required: false,
      default: 'off',
      description: 'Fails on what ECR\'s scan finds in the image: `critical`, `high` (critical too), or `off`.',
    },
    'scan-timeout': {
      required: false,
      default: '10m',
      description: 'Bound on the wait for the scan\'s findings.',
    },
    'dry-run': {
      required: false,
      default: 'false',
      description: '`true` stops after the plan: nothing is built, nothing is pushed.',
    },
  },
  outputs: {
    outcome: { description: '`deployed` (pushed), `unchanged` (this very image was there already), `planned` (dry run, or built without a push), `failed`, `refused`, `timed-out` or `interrupted`.' },
    image: { description: 'The image by digest, `<repository URI>@sha256:…`. Give this to deploy-backend.' },
    digest: { description: 'The image\'s digest, `sha256:…`, as the registry has it.' },
    tag: { description: 'The immutable tag, `sha-<first 12 of the commit>`; a second image of the commit has its fingerprint after it.' },
    pushed: { description: '`true` where something was pushed, `false` where the image was there already.' },
    plan: { description: 'What was to be done, as JSON.' },
    'duration-seconds': { description: 'How long it took.' },
  },
} as const;
