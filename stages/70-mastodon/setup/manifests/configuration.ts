import { createHash } from 'node:crypto';
import type { IConfigMap } from 'kubernetes-models/v1/ConfigMap';
import type { IEnvFromSource } from 'kubernetes-models/v1/EnvFromSource';
import type { ISecret } from 'kubernetes-models/v1/Secret';
import { railsSettings, type Settings, sharedSettings } from './environment.ts';
import { metadataOf } from './objects.ts';
import type { MastodonPlan } from './plan.ts';

/** A container's settings: where they come from, and a hash of what is in there. */
export interface SettingsSource {
  readonly envFrom: readonly IEnvFromSource[];
  readonly hash: string;
}

/** The ConfigMaps and Secrets: `shared` for all pods, `rails` for those of the web image. */
export function configurationObjects(plan: MastodonPlan): readonly (IConfigMap | ISecret)[] {
  return [...objectsOf('shared', sharedSettings(plan)), ...objectsOf('rails', railsSettings(plan))];
}

/** Settings of streaming. */
export function streamingSource(plan: MastodonPlan): SettingsSource {
  return sourceOf({ shared: sharedSettings(plan) });
}

/** Settings of everything in the web image. */
export function railsSource(plan: MastodonPlan): SettingsSource {
  return sourceOf({ shared: sharedSettings(plan), rails: railsSettings(plan) });
}

/** The first 16 hexadecimal digits of the SHA-256 of a value that JSON can hold. */
export function shortHash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
}

function objectsOf(name: string, { plain, secret }: Settings): readonly [IConfigMap, ISecret] {
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadataOf(name), data: { ...plain } },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: metadataOf(name),
      type: 'Opaque',
      data: Object.fromEntries(
        Object.entries(secret).map(([key, value]) => [key, Buffer.from(value, 'utf8').toString('base64')]),
      ),
    },
  ];
}

function sourceOf(settings: Readonly<Record<string, Settings>>): SettingsSource {
  const envFrom = Object.keys(settings).flatMap((name) => [
    { configMapRef: { name } },
    { secretRef: { name } },
  ]);
  return { envFrom, hash: shortHash(settings) };
}
