import type { GitHub } from '@actions/github/lib/utils';
import type { Log } from '../runtime/log.ts';
import { networkFetch } from '../runtime/network-fetch.ts';
import type { GitHubAccess } from './api.ts';
import { patiently } from './patience.ts';

type Octokit = InstanceType<typeof GitHub>;

/** GitHub's API as it is called: its methods by name, lists by page, and the repository that all of them are told. */
export interface GitHubClient {
  readonly rest: Octokit['rest'];
  readonly paginate: Octokit['paginate'];
  readonly here: { readonly owner: string; readonly repo: string };
  /**
   * True where what `author` wrote is ours to change: it is who the token is. A token may change what anybody wrote, and
   * whoever wrote a comment can change it again. Where GitHub does not say who the token is, only bots are believed.
   */
  isOurs(author: Author | null | undefined): Promise<boolean>;
}

/** Who wrote a comment or an issue. */
export interface Author {
  readonly login: string;
  readonly type: string;
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
    // Ours, and not the client's: the environment's proxies are those of all other requests too.
    request: { fetch: networkFetch, log: quiet(access.log) },
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
  let viewer: Promise<string | undefined> | undefined;
  return {
    rest: client.rest,
    paginate: client.paginate,
    here: { owner, repo },
    async isOurs(author) {
      if (!author) return false;
      viewer ??= viewerOf(client, access.log);
      const login = await viewer;
      if (login === undefined) return author.type === 'Bot';
      // GraphQL leaves the ending of a bot's login out in some places.
      return author.login === login || (author.type === 'Bot' && author.login === `${login}[bot]`);
    },
  };
}

/**
 * Who the token is. REST tells it to people only; GraphQL tells it to apps, too.
 * https://docs.github.com/en/graphql/reference/queries#viewer
 */
async function viewerOf(client: Octokit, log: Log): Promise<string | undefined> {
  try {
    const answer = await client.graphql<{ viewer: { login: string } }>('query { viewer { login } }');
    return answer.viewer.login;
  } catch (error) {
    log.debug(`GitHub did not say who the token is: ${String(error)}`);
    return undefined;
  }
}

/** What the client has to say (a method that GitHub means to take away) is for us, and not for who deploys. */
function quiet(log: Log) {
  const { debug } = log;
  return { debug, info: debug, warn: debug, error: debug };
}
