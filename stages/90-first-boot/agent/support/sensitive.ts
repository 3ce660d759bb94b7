import type { AgentContext } from '../context.ts';
import { readIfThere } from '../device/look.ts';
import type { Field, Topic } from '../setup/define.ts';
import { readSetup, type StoredSetup } from '../store/setup-store.ts';
import type { Sensitive } from './redact.ts';

/** Never shown again once it is kept. */
export function isSecretField(field: Field): boolean {
  return field.kind === 'secret' || (field.kind === 'text' && field.isSecret === true);
}

/** All that this device knows to be sensitive, as it is now. */
export function sensitiveOf({ paths, setups }: Pick<AgentContext, 'paths' | 'setups'>): Sensitive {
  const join = parseIfThere(paths.joinFile);
  const hotspot = parseIfThere(paths.hotspotFile);
  const wifi = wifiNames(readSetup(paths));
  return {
    secrets: [...secretValues(setups.topics, readSetup(paths)), ...textsAt(join, 'password')],
    setupCode: readIfThere(paths.setupCode)?.trim(),
    networks: [
      ...wifi,
      ...textsAt(join, 'network'),
      ...textsAt(hotspot?.['failure'], 'network'),
      ...listAt(hotspot, 'networks').flatMap((one) => textsAt(one, 'name')),
    ],
  };
}

/** The values of all secret fields; those of a topic or field that this image no longer has count as secret too. */
export function secretValues(topics: readonly Topic[], setup: StoredSetup): readonly string[] {
  return Object.entries(setup.answers).flatMap(([id, answer]) => {
    if (answer.state !== 'answered') return [];
    const fields = topics.find((topic) => topic.id === id)?.fields ?? [];
    return Object.entries(answer.values)
      .filter(([name, value]) => {
        const field = fields.find((one) => one.name === name);
        return value !== '' && (field === undefined || isSecretField(field));
      })
      .map(([, value]) => value);
  });
}

function wifiNames(setup: StoredSetup): readonly string[] {
  const answer = setup.answers['wifi'];
  return answer?.state === 'answered' ? textsAt(answer.values, 'network') : [];
}

function parseIfThere(path: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(readIfThere(path) ?? 'null') ?? undefined;
  } catch {
    return undefined;
  }
}

function textsAt(value: unknown, name: string): readonly string[] {
  const text = (value as Readonly<Record<string, unknown>> | undefined)?.[name];
  return typeof text === 'string' && text !== '' ? [text] : [];
}

function listAt(value: unknown, name: string): readonly unknown[] {
  const list = (value as Readonly<Record<string, unknown>> | undefined)?.[name];
  return Array.isArray(list) ? list : [];
}
