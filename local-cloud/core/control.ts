import type { Faults } from './faults.ts';
import type { RequestLog } from './request-log.ts';
import type { CloudResponse, Service } from './service.ts';

export interface ControlParts {
  readonly faults: Faults;
  readonly log: RequestLog;
  readonly services: ReadonlyMap<string, Service>;
  /** What `GET /_cloud/` tells of the cloud itself. */
  about(): Readonly<Record<string, unknown>>;
}

const json = (status: number, value: unknown): CloudResponse => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value, null, status === 200 ? undefined : 2),
});

/** The control API below `/_cloud/`: see docs/local-cloud.md. */
export function controlApi(parts: ControlParts) {
  return async (
    method: string,
    path: string,
    query: URLSearchParams,
    body: () => Promise<Buffer>,
  ): Promise<CloudResponse> => {
    const [name = '', argument] = path.slice('/_cloud/'.length).split('/');
    switch (`${method} ${name}`) {
      case 'GET ':
        return json(200, parts.about());
      case 'GET requests':
        return json(
          200,
          parts.log.list({
            service: query.get('service'),
            operation: query.get('operation'),
            resource: query.get('resource'),
            since: Number(query.get('since') ?? 0),
          }),
        );
      case 'DELETE requests':
        parts.log.clear();
        return { status: 204 };
      case 'GET faults':
        return json(200, parts.faults.list());
      case 'POST faults':
        return addFault(parts.faults, await body());
      case 'DELETE faults':
        parts.faults.clear(argument || undefined);
        return { status: 204 };
      case 'GET state':
        return state(parts.services, argument);
      default: {
        const own = parts.services.get(name)?.control?.(`${method} ${argument ?? ''}`, await body());
        if (own) return own;
        return json(404, {
          error: `there is no ${method} ${path}`,
          there:
            'GET/DELETE requests, GET/POST/DELETE faults, GET state[/service], POST ecs/container-instances, POST cloudfront/certificates',
        });
      }
    }
  };
}

function addFault(faults: Faults, body: Buffer): CloudResponse {
  try {
    return json(201, faults.add(JSON.parse(body.toString('utf8'))));
  } catch (error) {
    return json(400, { error: (error as Error).message });
  }
}

function state(services: ReadonlyMap<string, Service>, name: string | undefined): CloudResponse {
  const tell = (service: Service) => (service.inspect ? service.inspect() : service.save?.()) ?? null;
  if (name) {
    const service = services.get(name);
    return service ? json(200, tell(service)) : json(404, { error: `there is no service ${name}` });
  }
  return json(200, Object.fromEntries([...services].map(([key, service]) => [key, tell(service)])));
}
