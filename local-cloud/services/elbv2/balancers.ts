import type { CloudRequest } from '../../core/service.ts';
import type { Inputs } from '../shapes/inputs/elbv2.ts';
import { page } from '../shapes/page.ts';
import { checkActions, shown } from './actions.ts';
import type { Listener, LoadBalancer } from './model.ts';
import { checkName, sameSettings } from './names.ts';
import { type ElbStore, refuse } from './store.ts';
import type { Traffic } from './traffic.ts';

/** Seconds that a load balancer is `provisioning`, at speed 1. */
const PROVISIONING = 60;

const subnetsOf = (input: Inputs['CreateLoadBalancer']): string[] =>
  input.Subnets ?? (input.SubnetMappings ?? []).map((one) => one.SubnetId ?? '');

export function balancerOperations(store: ElbStore, traffic: Traffic) {
  const describe = (balancer: LoadBalancer) => {
    const { input, createdAt, arn, name, port } = balancer;
    const old = (store.context.now() - createdAt) * store.context.speed;
    return {
      LoadBalancerArn: arn,
      LoadBalancerName: name,
      // Names of AWS's resolve to their addresses; this one says its own.
      DNSName: `127.0.0.1:${port}`,
      CanonicalHostedZoneId: 'Z1H1FL5HABSF5',
      CreatedTime: new Date(createdAt),
      Scheme: input.Scheme ?? 'internet-facing',
      VpcId: 'vpc-default',
      State: { Code: old < PROVISIONING * 1000 ? 'provisioning' : 'active' },
      Type: input.Type ?? 'application',
      AvailabilityZones: subnetsOf(input).map((SubnetId, i) => ({
        ZoneName: `${balancer.region}${'abcdef'[i % 6]}`,
        SubnetId,
      })),
      SecurityGroups: input.SecurityGroups ?? [],
      IpAddressType: input.IpAddressType ?? 'ipv4',
      CustomerOwnedIpv4Pool: input.CustomerOwnedIpv4Pool,
      EnablePrefixForIpv6SourceNat: input.EnablePrefixForIpv6SourceNat,
      IpamPools: input.IpamPools,
    };
  };
  const resource = (input: { readonly LoadBalancerArn?: string; readonly Name?: string }) =>
    input.LoadBalancerArn ?? input.Name;
  return {
    CreateLoadBalancer: {
      resource,
      run: async (input: Inputs['CreateLoadBalancer'], request: CloudRequest) => {
        const type = input.Type ?? 'application';
        if (type !== 'application')
          throw refuse(
            'InvalidConfigurationRequest',
            `The local cloud has no load balancers of type ${type}`,
          );
        if ((input.Subnets ?? input.SubnetMappings ?? []).length < 2)
          throw refuse(
            'ValidationError',
            'At least two subnets in two different Availability Zones must be specified',
          );
        checkName('Load balancer', input.Name);
        const known = [...store.balancers.values()].find(
          (one) => one.name === input.Name && one.region === request.region,
        );
        if (known && sameSettings(known.input, input)) return { LoadBalancers: [describe(known)] };
        if (known)
          throw refuse(
            'DuplicateLoadBalancerName',
            `A load balancer with the same name '${input.Name}' exists, but with different settings`,
          );
        const id = store.newId();
        const balancer: LoadBalancer = {
          arn: store.arn(request.region, `loadbalancer/app/${input.Name}/${id}`),
          id,
          name: input.Name,
          region: request.region,
          input,
          createdAt: store.context.now(),
          port: 0,
        };
        await traffic.open(balancer);
        store.balancers.set(balancer.arn, balancer);
        return { LoadBalancers: [describe(balancer)] };
      },
    },
    DescribeLoadBalancers: {
      resource: (input: Inputs['DescribeLoadBalancers']) =>
        (input.LoadBalancerArns ?? input.Names ?? []).join(','),
      run: (input: Inputs['DescribeLoadBalancers'], request: CloudRequest) => {
        for (const arn of input.LoadBalancerArns ?? []) store.balancer(arn, request);
        const all = [...store.balancers.values()]
          .filter((one) => one.region === request.region)
          .filter((one) => !input.LoadBalancerArns || input.LoadBalancerArns.includes(one.arn))
          .filter((one) => !input.Names || input.Names.includes(one.name))
          .map(describe);
        if (input.Names && all.length === 0)
          throw refuse('LoadBalancerNotFound', `Load balancers '[${input.Names}]' not found`);
        const { items, next } = page(all, input.Marker, input.PageSize ?? 400, 'ValidationError');
        return { LoadBalancers: items, NextMarker: next };
      },
    },
    DeleteLoadBalancer: {
      resource,
      run: async (input: Inputs['DeleteLoadBalancer'], request: CloudRequest) => {
        const balancer = store.balancers.get(input.LoadBalancerArn);
        if (!balancer || balancer.region !== request.region) return {};
        for (const listener of store.listenersOf(balancer)) {
          store.removeListener(listener);
          await traffic.shut(listener.arn);
        }
        store.balancers.delete(balancer.arn);
        await traffic.shut(balancer.arn);
        return {};
      },
    },
  };
}

export function listenerOperations(store: ElbStore, traffic: Traffic) {
  const describe = (listener: Listener) => ({
    ListenerArn: listener.arn,
    LoadBalancerArn: listener.loadBalancerArn,
    Port: listener.input.Port,
    Protocol: listener.input.Protocol,
    Certificates: listener.input.Certificates,
    SslPolicy: listener.input.SslPolicy,
    AlpnPolicy: listener.input.AlpnPolicy,
    MutualAuthentication: listener.input.MutualAuthentication,
    DefaultActions: shown(listener.input.DefaultActions ?? []),
  });
  const check = (input: Listener['input'], request: CloudRequest) => {
    if (!input.Port || !input.Protocol || !['HTTP', 'HTTPS'].includes(input.Protocol))
      throw refuse('ValidationError', 'A port and a protocol of HTTP or HTTPS must be specified');
    if (input.Protocol === 'HTTPS' && !input.Certificates?.length)
      throw refuse('CertificateNotFound', 'A certificate must be specified for HTTPS listeners');
    checkActions(input.DefaultActions ?? [], (arn) => store.group(arn, request));
  };
  const resource = (input: { readonly ListenerArn?: string; readonly LoadBalancerArn?: string }) =>
    input.ListenerArn ?? input.LoadBalancerArn;
  return {
    CreateListener: {
      resource,
      run: async (input: Inputs['CreateListener'], request: CloudRequest) => {
        const balancer = store.balancer(input.LoadBalancerArn, request);
        check(input, request);
        const known = store.listenersOf(balancer).find((one) => one.input.Port === input.Port);
        if (known && sameSettings(known.input, input)) return { Listeners: [describe(known)] };
        if (known)
          throw refuse('DuplicateListener', 'A listener already exists on this port for this load balancer');
        const id = `app/${balancer.name}/${balancer.id}/${store.newId()}`;
        const listener: Listener = {
          arn: store.arn(request.region, `listener/${id}`),
          loadBalancerArn: balancer.arn,
          region: request.region,
          input,
          port: 0,
        };
        store.listeners.set(listener.arn, listener);
        await traffic.openListener(listener, balancer);
        return { Listeners: [describe(listener)] };
      },
    },
    DescribeListeners: {
      resource: (input: Inputs['DescribeListeners']) =>
        (input.ListenerArns ?? [input.LoadBalancerArn]).join(','),
      run: (input: Inputs['DescribeListeners'], request: CloudRequest) => {
        if (!input.LoadBalancerArn && !input.ListenerArns)
          throw refuse('ValidationError', 'You must specify either listener ARNs or a load balancer ARN');
        const all = input.ListenerArns
          ? input.ListenerArns.map((arn) => store.listener(arn, request))
          : store.listenersOf(store.balancer(input.LoadBalancerArn ?? '', request));
        const { items, next } = page(all, input.Marker, input.PageSize ?? 400, 'ValidationError');
        return { Listeners: items.map(describe), NextMarker: next };
      },
    },
    ModifyListener: {
      resource,
      run: (input: Inputs['ModifyListener'], request: CloudRequest) => {
        const listener = store.listener(input.ListenerArn, request);
        const { ListenerArn: _arn, DefaultActions = listener.input.DefaultActions, ...given } = input;
        const wanted = { ...listener.input, ...given, DefaultActions };
        check(wanted, request);
        const others = store.listenersOf({ arn: listener.loadBalancerArn }).filter((one) => one !== listener);
        if (others.some((one) => one.input.Port === wanted.Port))
          throw refuse('DuplicateListener', 'A listener already exists on this port for this load balancer');
        listener.input = wanted;
        traffic.route();
        return { Listeners: [describe(listener)] };
      },
    },
    DeleteListener: {
      resource,
      run: async (input: Inputs['DeleteListener'], request: CloudRequest) => {
        const listener = store.listener(input.ListenerArn, request);
        store.removeListener(listener);
        await traffic.shut(listener.arn);
        traffic.route();
        return {};
      },
    },
  };
}
