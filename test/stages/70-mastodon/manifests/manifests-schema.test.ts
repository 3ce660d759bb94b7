import { describe, expect, it } from 'vitest';
import {
  migrateJob,
  prepareJob,
  runnerJob,
  tootctlJob,
} from '../../../../stages/70-mastodon/setup/manifests/jobs.ts';
import { renderManifests } from '../../../../stages/70-mastodon/setup/manifests/manifests.ts';
import { type ManifestObject, manifestList } from '../../../../stages/70-mastodon/setup/manifests/objects.ts';
import type { MastodonPlan } from '../../../../stages/70-mastodon/setup/manifests/plan.ts';
import { bucketMedia, samplePlan } from './sample-plan.ts';
import { problemsOf } from './strict-schema.ts';

function everything(plan: MastodonPlan): readonly ManifestObject[] {
  const { foundation, workloads } = renderManifests(plan);
  const jobs = [
    prepareJob(plan),
    migrateJob(plan, 'before'),
    migrateJob(plan, 'after'),
    runnerJob(plan, { name: 'settings', code: 'p ENV["WHAT"]', environment: { WHAT: 'x' } }),
    tootctlJob(plan, { name: 'owner', args: ['accounts', 'create', 'alice'] }),
  ];
  return [...foundation, ...workloads, ...jobs];
}

/** A copy with one key more in the section at the path. */
function withKey(object: ManifestObject, at: readonly (string | number)[], key: string): ManifestObject {
  const copy = structuredClone(object);
  let section = copy as unknown as Record<string | number, unknown>;
  for (const step of at) section = section[step] as Record<string | number, unknown>;
  section[key] = 'x';
  return copy;
}

describe('every object', () => {
  it.each([
    [1_900, 'local'],
    [3_800, 'local'],
    [7_900, 'bucket'],
    [16_200, 'bucket'],
  ] as const)(
    'of a device with %i MiB and %s media is what the API of the cluster takes',
    (memoryMebibytes, where) => {
      const media = where === 'local' ? samplePlan.media : bucketMedia;

      const objects = everything({ ...samplePlan, memoryMebibytes, media, webDomain: 'social.example.org' });

      expect(objects.flatMap(problemsOf)).toEqual([]);
      expect(objects.length).toBeGreaterThan(20);
    },
  );

  it('is named once in its kind, in the namespace, with the labels by which it is found again', () => {
    const objects = everything(samplePlan);

    const names = objects.map(({ kind, metadata }) => `${kind}/${metadata?.name}`);
    expect(new Set(names).size).toBe(names.length);
    for (const { kind, metadata } of objects) {
      expect(metadata?.name).toMatch(/^[a-z][a-z0-9-]{0,51}$/);
      expect(metadata?.namespace).toBe(kind === 'Namespace' ? undefined : 'mastodon');
      expect(metadata?.labels).toMatchObject({
        'app.kubernetes.io/part-of': 'mastodon',
        'app.kubernetes.io/managed-by': 'hearth',
      });
    }
  });

  it('goes to the cluster in one JSON list', () => {
    const { foundation } = renderManifests(samplePlan);

    expect(JSON.parse(manifestList(foundation))).toEqual({
      apiVersion: 'v1',
      kind: 'List',
      items: foundation,
    });
  });
});

describe('the strict schema', () => {
  const deployment = renderManifests(samplePlan).workloads.find(({ kind }) => kind === 'Deployment');
  const container = ['spec', 'template', 'spec', 'containers', 0];

  it.each([
    [[], 'replicas'],
    [['metadata'], 'labelz'],
    [['spec', 'template', 'spec'], 'hostNetwrok'],
    [container, 'imag'],
    [[...container, 'startupProbe', 'httpGet'], 'portt'],
    [[...container, 'securityContext', 'capabilities'], 'dropp'],
    [[...container, 'env', 0], 'valueForm'],
    [['spec', 'template', 'spec', 'volumes', 0, 'emptyDir'], 'size'],
    [['spec', 'template', 'spec', 'tolerations', 1], 'second'],
  ])('finds an unknown key below %j', (at, key) => {
    if (deployment === undefined) throw new Error('no deployment');

    expect(problemsOf(withKey(deployment, at, key)).join()).toContain(`${key} is unknown`);
  });

  it('finds a wrong kind of value and a missing key', () => {
    const wrong = structuredClone(deployment) as unknown as {
      spec: { replicas: unknown; selector: unknown };
    };
    wrong.spec.replicas = 'one';
    expect(problemsOf(wrong as unknown as ManifestObject).join()).toMatch(/replicas/);

    const missing = structuredClone(deployment) as unknown as { spec: { selector?: unknown } };
    delete missing.spec.selector;
    expect(problemsOf(missing as unknown as ManifestObject).join()).toMatch(/selector/);
  });
});
