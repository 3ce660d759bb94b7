import { isIPv4 } from 'node:net';
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import type { INetworkPolicyEgressRule } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicyEgressRule';
import type { IService } from 'kubernetes-models/v1/Service';
import { labelsOf, metadataOf, type Reach, reachLabel } from './objects.ts';
import { clusterAddress, clusterPort, type MastodonPlan } from './plan.ts';

/** The address of the server itself in the network of the pods: nginx and the kubelet come from there. */
const nodeAddress = '10.42.0.1/32';

/** Not the Internet: home networks, the pods, the services, the device. Mastodon never needs them by address. */
const privateRanges = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '224.0.0.0/3',
];

/** The two services at their fixed addresses, where nginx on the device looks for them. */
export function services(): readonly IService[] {
  return (['web', 'streaming'] as const).map((name) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadataOf(name, name),
    spec: {
      type: 'ClusterIP',
      clusterIP: clusterAddress[name],
      selector: { ...labelsOf(name) },
      ports: [{ name: 'http', port: clusterPort[name], targetPort: clusterPort[name] }],
    },
  }));
}

/**
 * Nothing comes in but from the device itself to web and streaming. Out: all pods to their ports of the device, PostgreSQL
 * itself only for the jobs that change the schema, which go nowhere else; web, Sidekiq and the other jobs also to names and
 * to the Internet, but not into the home network.
 */
export function networkPolicies(plan: MastodonPlan): readonly INetworkPolicy[] {
  const { postgres, pgbouncer, valkey, smtp } = plan.services;
  const device = (...ports: number[]) => towards(`${plan.services.address}/32`, ports);
  return [
    policy('nothing-by-default', {
      podSelector: {},
      policyTypes: ['Ingress', 'Egress'],
    }),
    ...(['web', 'streaming'] as const).map((name) =>
      policy(`into-${name}`, {
        podSelector: { matchLabels: { 'app.kubernetes.io/component': name } },
        policyTypes: ['Ingress'],
        ingress: [
          {
            from: [{ ipBlock: { cidr: nodeAddress } }],
            ports: [{ protocol: 'TCP', port: clusterPort[name] }],
          },
        ],
      }),
    ),
    outOf('streaming', [device(pgbouncer.port, valkey.port)]),
    outOf('rails', [device(pgbouncer.port, valkey.port, smtp.port), names, internet, ...homeBucket(plan)]),
    outOf('database', [device(postgres.port, valkey.port)]),
  ];
}

/** CoreDNS of the cluster. */
const names: INetworkPolicyEgressRule = {
  to: [
    {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
      podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
    },
  ],
  ports: [
    { protocol: 'UDP', port: 53 },
    { protocol: 'TCP', port: 53 },
  ],
};

const internet: INetworkPolicyEgressRule = {
  to: [{ ipBlock: { cidr: '0.0.0.0/0', except: [...privateRanges] } }],
};

/** A store at home that was given by its address. One that was given by a name in the home network is out of reach. */
function homeBucket({ media }: MastodonPlan): readonly INetworkPolicyEgressRule[] {
  if (media.where !== 'bucket') return [];
  const { hostname, port, protocol } = new URL(media.endpoint);
  if (!isIPv4(hostname)) return [];
  return [towards(`${hostname}/32`, [port === '' ? (protocol === 'http:' ? 80 : 443) : Number(port)])];
}

function towards(cidr: string, ports: readonly number[]): INetworkPolicyEgressRule {
  return { to: [{ ipBlock: { cidr } }], ports: ports.map((port) => ({ protocol: 'TCP', port })) };
}

function outOf(reach: Reach, egress: readonly INetworkPolicyEgressRule[]): INetworkPolicy {
  return policy(`out-of-${reach}`, {
    podSelector: { matchLabels: { [reachLabel]: reach } },
    policyTypes: ['Egress'],
    egress: [...egress],
  });
}

function policy(name: string, spec: INetworkPolicy['spec'] & object): INetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadataOf(name),
    spec,
  };
}
