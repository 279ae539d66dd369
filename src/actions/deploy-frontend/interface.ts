// Generated from actions/deploy-frontend/action.yml by `npm run generate`. Do not edit.
// biome-ignore-all format: generated
export const action = {
  name: 'deploy-frontend',
  inputs: {
    source: {
      required: true,
      default: '',
      description: 'Folder that the build wrote the site into. Relative to the workspace.',
    },
    bucket: {
      required: true,
      default: '',
      description: 'S3 bucket that the site is served from.',
    },
    prefix: {
      required: false,
      default: '',
      description: 'Path in the bucket that the site is put below. Default is the root.',
    },
    distribution: {
      required: false,
      default: '',
      description: 'Id of the CloudFront distribution in front of the bucket; of several, all, with commas or line breaks between them. Without it nothing is invalidated.',
    },
    'cache-control': {
      required: false,
      default: '',
      description: '`glob: value` lines, first match wins, before the defaults (hashed names are immutable, HTML is always revalidated).',
    },
    headers: {
      required: false,
      default: '',
      description: '`glob: name: value` lines, first match of a name wins, before a `_headers` file in the folder: Cache-Control, Content-Type, Content-Disposition, Content-Language, Content-Encoding or x-amz-meta-… of the files that match.',
    },
    exclude: {
      required: false,
      default: '',
      description: 'Globs, one a line. Files that are left out of the release, and objects in the bucket that are left alone.',
    },
    dotfiles: {
      required: false,
      default: 'false',
      description: '`true` takes names that start with a dot too. `.well-known` is taken in any case.',
    },
    precompress: {
      required: false,
      default: '',
      description: '`glob: br` or `glob: gzip` lines. These files are stored compressed, with their Content-Encoding. CloudFront compresses by itself; this is for what it does not.',
    },
    acl: {
      required: false,
      default: '',
      description: '`public-read` gives each file that is written this ACL, for a bucket whose files are public by their ACLs. Default leaves it to the bucket.',
    },
    encryption: {
      required: false,
      default: '',
      description: '`AES256`, `aws:kms`, or `aws:kms` and the ARN of a key: sent with everything that is written, for buckets whose policies demand it. Default is what a bucket that demands it encrypts with.',
    },
    index: {
      required: false,
      default: 'index.html',
      description: 'Pages that the site begins with, one a line; they go live last. `none` for a micro-frontend, whose files others load.',
    },
    'allow-missing': {
      required: false,
      default: '',
      description: 'Globs, one a line. Files that pages may load although the folder does not have them.',
    },
    'allow-files': {
      required: false,
      default: '',
      description: 'Globs, one a line. Files that are published although they look like a mistake (a private key, `.env`, `node_modules/`, a pointer of Git LFS, an empty `index.html`).',
    },
    'retain-releases': {
      required: false,
      default: '5',
      description: 'Releases whose files stay live for tabs that are still open.',
    },
    'keep-releases': {
      required: false,
      default: '20',
      description: 'Releases that a rollback can go back to. What none of them needs is collected.',
    },
    'max-delete': {
      required: false,
      default: '50%',
      description: 'A share such as `50%`, or a number of files. A deployment that would remove more is refused.',
    },
    'max-invalidation-paths': {
      required: false,
      default: '100',
      description: 'Above this number of paths, the fewest wildcards that cover them are invalidated instead.',
    },
    'site-url': {
      required: false,
      default: '',
      description: 'Address of the site, where its `index.html` is. Default is the (first) distribution\'s domain, with the prefix.',
    },
    verify: {
      required: false,
      default: 'true',
      description: '`true` reads pages back through the CDN (bytes, type, cache header) and wants a missing file to be a 404; `pages`, for a single-page app whose routes are answered with index.html, compares bytes and type only; `false` nothing.',
    },
    'verify-headers': {
      required: false,
      default: '',
      description: '`Name: value` lines, sent with every question of the read-back: for a site behind a login or a firewall. Give it from a secret; the values are masked.',
    },
    'wait-for-invalidation': {
      required: false,
      default: 'true',
      description: 'Wait until CloudFront has carried the invalidation out.',
    },
    concurrency: {
      required: false,
      default: 'auto',
      description: 'Requests under way at once. Default suits the machine.',
    },
    'smoke-checks': {
      required: false,
      default: '',
      description: 'Path of a checks file (see smoke-test), run against the site. When they fail, the deployment does.',
    },
    'check-secrets': {
      required: false,
      default: '',
      description: 'Secrets of the checks, one `NAME=value` a line; `${NAME}` in the checks file stands for the value. Each is masked.',
    },
    environment: {
      required: false,
      default: 'production',
      description: 'Environment in the ledger.',
    },
    part: {
      required: false,
      default: 'frontend',
      description: 'Name of this site in the environment, where it is not the only one: up to 40 lower-case letters, digits and hyphens, such as `docs`. A name stands for one site, and a site has one name.',
    },
    'release-bucket': {
      required: false,
      default: '',
      description: 'S3 bucket of the ledger and of the backup. Default is `<bucket>-backup`.',
    },
    'release-id': {
      required: false,
      default: '',
      description: 'Id of the release; the same id in several steps makes one release of their parts. Default is the time (UTC) and the first 7 of the commit.',
    },
    'dry-run': {
      required: false,
      default: 'false',
      description: '`true` stops after the plan: nothing is changed, nothing is written.',
    },
    'rollback-on-failure': {
      required: false,
      default: 'true',
      description: 'Return to the release before when anything fails after the first change.',
    },
    'wait-timeout': {
      required: false,
      default: '20m',
      description: 'Bound on the wait for an invalidation.',
    },
    'lock-timeout': {
      required: false,
      default: '10m',
      description: 'How long to wait for another deployment to the same environment.',
    },
    'allow-older-commit': {
      required: false,
      default: 'false',
      description: '`true` lets an older commit take the place of a newer one.',
    },
    'replace-part': {
      required: false,
      default: 'false',
      description: '`true` lets this site take the place of the one that `part` stands for (it was moved, or made anew). Otherwise another bucket, prefix or distribution under the same name is refused, unless the bucket of the one before is gone.',
    },
    'history-page': {
      required: false,
      default: 'false',
      description: 'Write the environment\'s history as an HTML page into the release bucket afterwards.',
    },
    'github-token': {
      required: false,
      default: '${{ github.token }}',
      description: 'Used to ask GitHub which of two commits is the newer. Without it the run numbers decide.',
    },
  },
  outputs: {
    outcome: { description: '`deployed`, `unchanged`, `planned`, `rolled-back`, `rollback-failed`, `failed`, `timed-out`, `refused` or `interrupted`.' },
    'release-id': { description: 'Id of the release in the ledger.' },
    uploaded: { description: 'Number of files that were written to the bucket.' },
    unchanged: { description: 'Number of files that were live already.' },
    deleted: { description: 'Number of files that were removed.' },
    'bytes-uploaded': { description: 'Bytes that were sent to the bucket, the backup not counted.' },
    requests: { description: 'Number of requests to S3 and CloudFront, ledger and backup included.' },
    'invalidation-id': { description: 'Id of the CloudFront invalidation; of several distributions, with commas between them.' },
    'invalidated-paths': { description: 'The paths that were invalidated, one a line.' },
    'site-url': { description: 'Address of the site.' },
    plan: { description: 'What was to be changed, as JSON. Of a dry run each file is in `changes`, as far as an output holds them; `leftOut` counts the others.' },
    'plan-file': { description: 'File in the runner\'s temporary folder with the whole plan of a dry run, as JSON.' },
    'duration-seconds': { description: 'How long it took.' },
  },
} as const;
