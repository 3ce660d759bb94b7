import { expect, onTestFinished } from 'vitest';
import { type DoctorFacts, doctorFile } from '../../../../stages/70-mastodon/setup/checks/facts.ts';
import { makeMastodonChecks } from '../../../../stages/70-mastodon/setup/checks/mastodon-checks.ts';
import type { CheckResult, DoctorCheck } from '../../../../stages/90-first-boot/agent/setup/define.ts';
import { localText } from '../../../../stages/90-first-boot/agent/text/local-text.ts';
import { type FakeDevice, fakeDevice } from '../../20-system-setup/fake-device.ts';
import { type FakeInternet, fakeInternet } from './fake-internet.ts';
import { local, web } from './fake-mastodon.ts';

export const facts: DoctorFacts = {
  ownerName: 'ada',
  ownerEmail: 'ada@example.net',
  mail: 'relay',
  local,
  web,
  isSecure: false,
  isLimited: false,
  mailFrom: `mastodon@${local}`,
  media: { where: 'local' },
  version: 'v4.7.4',
};

/** What the services of the device are reached by. */
export function services(ports: { readonly valkey?: number; readonly smtp?: number } = {}) {
  return JSON.stringify({
    address: '10.44.0.1',
    postgres: { port: 5432, database: 'mastodon_production', user: 'mastodon', password: 'a' },
    pgbouncer: { port: 6432 },
    valkey: { port: ports.valkey ?? 9, password: 'secret' },
    smtp: { port: ports.smtp ?? 9 },
  });
}

export interface Scenery {
  readonly device: FakeDevice;
  readonly internet: FakeInternet;
  /** What the owner is told, in English; a check that is not good says what to do, in both languages. */
  readonly look: (
    id: string,
  ) => Promise<{ readonly state: string; readonly says: string; readonly todo: string }>;
}

/** A device with Mastodon in an Internet of its own. */
export async function scenery(changes: Partial<DoctorFacts> = {}): Promise<Scenery> {
  const internet = await fakeInternet();
  const device = fakeDevice({
    [doctorFile]: JSON.stringify({ ...facts, ...changes }),
    '/var/lib/hearth/data.json': services(),
    '/run/systemd/timesync/synchronized': '',
  });
  onTestFinished(() => device.remove());
  const checks = makeMastodonChecks(() => internet.world);
  return {
    device,
    internet,
    look: async (id) => told(await checkOf(checks, id).run(device.look)),
  };
}

export function checkOf(checks: readonly DoctorCheck[], id: string): DoctorCheck {
  const check = checks.find((one) => one.id === id);
  if (check === undefined) throw new Error(`there is no check ${id}`);
  return check;
}

function told({ state, meaning, todo = '' }: CheckResult) {
  for (const text of [meaning, ...(state === 'good' ? [] : [todo])]) {
    expect(localText(text, 'en')).not.toBe('');
    expect(localText(text, 'de')).not.toBe(localText(text, 'en'));
  }
  return { state, says: localText(meaning, 'en'), todo: localText(todo, 'en') };
}
