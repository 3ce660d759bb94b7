import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { describe, expect, it } from 'vitest';
import { networkPolicies, services } from '../../../../stages/70-mastodon/setup/manifests/network.ts';
import type { MastodonPlan } from '../../../../stages/70-mastodon/setup/manifests/plan.ts';
import { bucketMedia, samplePlan } from './sample-plan.ts';

const policiesOf = (plan: MastodonPlan): ReadonlyMap<string, INetworkPolicy> =>
  new Map(networkPolicies(plan).map((policy) => [policy.metadata?.name ?? '', policy]));

/** Where pods may go: `CIDR port,port`, or the kind of the rule. */
function ways(plan: MastodonPlan, name: string): readonly string[] {
  const rules = policiesOf(plan).get(name)?.spec?.egress ?? [];
  return rules.map(({ to, ports }) => {
    const where = to?.[0]?.ipBlock?.cidr ?? 'cluster';
    return [where, ...(ports ?? []).map(({ port }) => String(port))].join(' ');
  });
}

describe('services', () => {
  it('have the fixed addresses at which nginx looks for them', () => {
    expect(services().map(({ spec }) => `${spec?.clusterIP}:${spec?.ports?.[0]?.port}`)).toEqual([
      '10.43.0.30:3000',
      '10.43.0.40:4000',
    ]);
  });

  it('find their own pods only', () => {
    for (const { metadata, spec } of services()) {
      expect(spec?.selector).toMatchObject({ 'app.kubernetes.io/component': metadata?.name });
    }
  });
});

describe('network policies', () => {
  it('close everything first', () => {
    expect(policiesOf(samplePlan).get('nothing-by-default')?.spec).toEqual({
      podSelector: {},
      policyTypes: ['Ingress', 'Egress'],
    });
  });

  it('let the device in to web and streaming, on their ports', () => {
    for (const [name, port] of [['into-web', 3_000] as const, ['into-streaming', 4_000] as const]) {
      expect(policiesOf(samplePlan).get(name)?.spec?.ingress).toEqual([
        { from: [{ ipBlock: { cidr: '10.42.0.1/32' } }], ports: [{ protocol: 'TCP', port }] },
      ]);
    }
  });

  it('let each pod out to what it needs: PostgreSQL itself only for the schema, streaming nowhere else', () => {
    expect(ways(samplePlan, 'out-of-streaming')).toEqual(['10.44.0.1/32 6432 6379']);
    expect(ways(samplePlan, 'out-of-rails')).toEqual([
      '10.44.0.1/32 6432 6379 25',
      'cluster 53 53',
      '0.0.0.0/0',
    ]);
    expect(ways(samplePlan, 'out-of-database')).toEqual(['10.44.0.1/32 5432 6379']);
  });

  it('keep Mastodon out of the home network', () => {
    const rule = policiesOf(samplePlan).get('out-of-rails')?.spec?.egress?.at(-1);

    expect(rule?.to?.[0]?.ipBlock?.except).toEqual(
      expect.arrayContaining([
        '10.0.0.0/8',
        '172.16.0.0/12',
        '192.168.0.0/16',
        '127.0.0.0/8',
        '169.254.0.0/16',
      ]),
    );
  });

  it.each([
    ['http://192.168.1.20:9000', '192.168.1.20/32 9000'],
    ['http://192.168.1.20', '192.168.1.20/32 80'],
    ['https://192.168.1.20', '192.168.1.20/32 443'],
  ])('let it out to a store at home: %s', (endpoint, way) => {
    const plan = { ...samplePlan, media: { ...bucketMedia, endpoint } };

    expect(ways(plan, 'out-of-rails')).toContain(way);
    expect(ways({ ...samplePlan, media: bucketMedia }, 'out-of-rails')).toHaveLength(3);
  });
});
