import { listen } from '../../core/server.ts';
import type { CloudContext } from '../../core/service.ts';
import { CloudFault } from '../../core/service.ts';
import type { XmlNode } from '../../core/xml.ts';
import type { S3Service } from '../s3/index.ts';
import type { S3Store } from '../s3/store.ts';
import { Edge } from './cdn/edge.ts';
import { readConfig } from './config.ts';
import { withDefaults } from './distribution/defaults.ts';
import { type EdgeFunction, versionOf } from './functions/model.ts';
import { type AccessControl, type Distribution, domainOf, type Invalidation, newId } from './model.ts';

interface Saved {
  readonly version: 1;
  readonly distributions: ReadonlyArray<Omit<Distribution, 'edge' | 'config'>>;
  readonly accessControls: readonly AccessControl[];
  readonly functions?: readonly EdgeFunction[];
  readonly certificates?: ReadonlyArray<readonly [string, readonly string[]]>;
}

/** Milliseconds at AWS's own pace, to be divided by the cloud's speed. */
const DEPLOY_TIME = 180_000;
const INVALIDATION_TIME = 20_000;

/** Distributions with their edges, and what happens to them in time. */
export class CloudFrontState {
  readonly context: CloudContext;
  readonly distributions = new Map<string, Distribution>();
  readonly accessControls = new Map<string, AccessControl>();
  /** By name. */
  readonly functions = new Map<string, EdgeFunction>();
  /** Names of certificates of us-east-1, by ARN: they are added through the control API. */
  readonly certificates = new Map<string, readonly string[]>();

  constructor(context: CloudContext) {
    this.context = context;
  }

  /** What the origins read. */
  get store(): S3Store {
    return this.context.service<S3Service>('s3').store;
  }

  /** @throws CloudFault NoSuchDistribution */
  distribution(id: string): Distribution {
    const found = this.distributions.get(id);
    if (!found) throw new CloudFault('NoSuchDistribution', 'The specified distribution does not exist.', 404);
    return found;
  }

  /** @throws CloudFault NoSuchFunctionExists */
  function(name: string): EdgeFunction {
    const found = this.functions.get(name);
    versionOf(found, 'DEVELOPMENT');
    return found as EdgeFunction;
  }

  /** What distributions run of a function; nothing of one that is not there, or was never published. */
  liveCode(arn: string): string | undefined {
    return [...this.functions.values()].find((one) => one.arn === arn)?.live?.code;
  }

  /** How many distributions run a function. */
  functionUsers(arn: string): number {
    const uses = (one: Distribution) =>
      one.config.behaviors.some(({ functions }) => Object.values(functions).includes(arn));
    return [...this.distributions.values()].filter(uses).length;
  }

  async create(document: XmlNode, tags: Record<string, string>): Promise<Distribution> {
    const id = newId();
    const { account } = this.context;
    const distribution = await this.#open({
      id,
      arn: `arn:aws:cloudfront::${account}:distribution/${id}`,
      etag: newId(),
      modified: this.context.now(),
      deployed: this.deployedAt(),
      document,
      tags,
      invalidations: [],
      port: 0,
    });
    return distribution;
  }

  deployedAt(): number {
    return this.context.now() + DEPLOY_TIME / this.context.speed;
  }

  status(distribution: Distribution): 'Deployed' | 'InProgress' {
    return this.context.now() >= distribution.deployed ? 'Deployed' : 'InProgress';
  }

  async #open(saved: Omit<Distribution, 'edge' | 'config'>): Promise<Distribution> {
    const edge = new Edge(this.store, () => distribution.config, this.context.now, {
      distribution: () => ({ id: saved.id, arn: saved.arn, domain: domainOf(distribution) }),
      code: (arn) => this.liveCode(arn),
      log: (line) => this.context.log(line),
    });
    // A state of before may lack defaults that are told today.
    const document = withDefaults(saved.document);
    const distribution: Distribution = { ...saved, document, config: readConfig(document), edge };
    // A port of before may be taken by another process now.
    distribution.port = await listen(edge.server, saved.port, '127.0.0.1').catch(() =>
      listen(edge.server, 0, '127.0.0.1'),
    );
    this.distributions.set(distribution.id, distribution);
    return distribution;
  }

  async remove(distribution: Distribution): Promise<void> {
    this.distributions.delete(distribution.id);
    await closeEdge(distribution);
  }

  /** Starts an invalidation; what it names is dropped, and then it is said to be completed. */
  invalidate(distribution: Distribution, reference: string, paths: readonly string[]): Invalidation {
    const now = this.context.now();
    const stuck = this.context.fault('cloudfront', 'stuck', distribution.arn, 'CreateInvalidation');
    const invalidation: Invalidation = {
      id: newId('I'),
      reference,
      paths,
      created: now,
      ends: stuck ? Number.MAX_SAFE_INTEGER : now + INVALIDATION_TIME / this.context.speed,
      status: 'InProgress',
    };
    distribution.invalidations.unshift(invalidation);
    this.#finishLater(distribution, invalidation);
    return invalidation;
  }

  #finishLater(distribution: Distribution, invalidation: Invalidation): void {
    if (invalidation.ends === Number.MAX_SAFE_INTEGER) return;
    setTimeout(
      () => {
        const stale = this.context.fault('cloudfront', 'stale-cdn', distribution.arn, 'CreateInvalidation');
        if (!stale) distribution.edge.cache.invalidate(invalidation.paths);
        invalidation.status = 'Completed';
        this.context.changed('cloudfront');
      },
      Math.max(0, invalidation.ends - this.context.now()),
    ).unref();
  }

  save(): Saved {
    return {
      version: 1,
      distributions: [...this.distributions.values()].map(
        ({ edge: _edge, config: _config, ...rest }) => rest,
      ),
      accessControls: [...this.accessControls.values()],
      functions: [...this.functions.values()],
      certificates: [...this.certificates],
    };
  }

  async load(state: unknown): Promise<void> {
    const saved = state as Saved;
    if (saved.version !== 1)
      throw new Error(`the state of CloudFront has version ${saved.version}, and 1 is known`);
    for (const [arn, names] of saved.certificates ?? []) this.certificates.set(arn, names);
    for (const one of saved.functions ?? []) this.functions.set(one.name, one);
    for (const one of saved.accessControls) this.accessControls.set(one.id, one);
    for (const one of saved.distributions) {
      const distribution = await this.#open(one);
      for (const invalidation of distribution.invalidations)
        if (invalidation.status === 'InProgress') this.#finishLater(distribution, invalidation);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.distributions.values()].map(closeEdge));
  }
}

function closeEdge(distribution: Distribution): Promise<void> {
  const { server, cache } = distribution.edge;
  server.closeAllConnections();
  cache.clear();
  return new Promise((resolve) => server.close(() => resolve()));
}
