import type { GitHub } from '@actions/github/lib/utils';
import type { Log } from '../runtime/log.ts';
import type { GitHubAccess } from './api.ts';
import { patiently } from './patience.ts';

type Octokit = InstanceType<typeof GitHub>;

/** GitHub's API as it is called: its methods by name, lists by page, and the repository that all of them are told. */
export interface GitHubClient {
  readonly rest: Octokit['rest'];
  readonly paginate: Octokit['paginate'];
  readonly here: { readonly owner: string; readonly repo: string };
}

/** The version of the API that the methods are used by: https://docs.github.com/en/rest/about-the-rest-api/api-versions */
const API_VERSION = '2022-11-28';

/**
 * The client of `@actions/github`. It knows all of GitHub's methods by name, and most steps call none of them: it is
 * loaded by the first call, from a file of its own beside the bundle.
 *
 * Its `lib/utils` is what is public without the `context`, which reads the event when it is loaded, writes to the output
 * where there is none, and throws where it is no JSON.
 */
export async function connectGitHub(access: GitHubAccess): Promise<GitHubClient> {
  const { GitHub, getOctokitOptions } = await import(
    /* webpackChunkName: "github" */ '@actions/github/lib/utils'
  );
  const options = {
    baseUrl: access.apiUrl.replace(/\/+$/, ''),
    userAgent: 'wwhd-deploy',
    log: quiet(access.log),
    // Node's own, and not the client's: one switch for all that goes through a proxy (NODE_USE_ENV_PROXY, Node 24).
    request: { fetch: globalThis.fetch, log: quiet(access.log) },
  };
  // Without a token it is not told of one: a public repository answers anybody.
  const client = new GitHub(access.token ? getOctokitOptions(access.token, options) : options);
  client.hook.before('request', ({ headers }) => {
    headers['x-github-api-version'] = API_VERSION;
  });
  client.hook.wrap(
    'request',
    patiently(access, (request) => client.request.endpoint.parse(request).url),
  );
  const [owner = '', repo = ''] = access.repository.split('/');
  return { rest: client.rest, paginate: client.paginate, here: { owner, repo } };
}

/** What the client has to say (a method that GitHub means to take away) is for us, and not for who deploys. */
function quiet(log: Log) {
  const { debug } = log;
  return { debug, info: debug, warn: debug, error: debug };
}
