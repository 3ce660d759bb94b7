import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openSessions } from '../../../../stages/90-first-boot/agent/keeper/sessions.ts';
import { collect } from '../../../../stages/90-first-boot/agent/setup/collected.ts';
import type { StageSetup } from '../../../../stages/90-first-boot/agent/setup/define.ts';
import { type FakeKeeper, startFakeKeeper } from './fake-keeper.ts';

const file = '/var/lib/hearth/app/first-password';
const other = '/var/lib/hearth/app/other';
const description = { en: 'An app', de: 'Eine App' };

const stage: StageSetup = {
  links: [
    {
      title: 'App',
      address: () => 'ada@example.org',
      secret: { label: 'Its password', read: (device) => device.read(file)?.trim(), noted: file },
    },
    {
      title: 'Other',
      address: () => 'other',
      secret: { label: 'Key', read: (device) => device.read(other) },
    },
  ],
  services: [
    { name: 'App', description, look: async () => 'starting' },
    { name: 'Not wanted', description, look: async () => undefined },
    {
      name: 'Broken',
      description,
      look: async () => {
        throw new Error('broken look');
      },
    },
  ],
};

let keeper: FakeKeeper;
let token: string;

beforeEach(async () => {
  keeper = await startFakeKeeper(collect([{ stage: '70-app', ...stage }]));
  for (const path of [file, other]) {
    mkdirSync(dirname(join(keeper.root, path)), { recursive: true });
    writeFileSync(join(keeper.root, path), 'secret\n');
  }
  keeper.store({ isClaimed: true, isWanted: true });
  writeFileSync(keeper.paths.completeFile, '');
  token = openSessions(keeper.paths, () => 60_000).open('administrator');
});
afterEach(async () => await keeper.stop());

const secrets = async () => (await keeper.door.call('status', { token })).links.map(({ secret }) => secret);

it('shows a secret until the owner has noted it, and removes its file then', async () => {
  const [first, second] = await secrets();
  await keeper.door.call('noted', { token, secret: first?.noted ?? '' });
  await keeper.door.call('noted', { token, secret: first?.noted ?? '' });

  expect(first).toEqual({ label: 'Its password', value: 'secret', noted: expect.any(String) });
  expect(second).toEqual({ label: 'Key', value: 'secret\n' });
  expect(await secrets()).toEqual([undefined, second]);
  expect([existsSync(join(keeper.root, file)), existsSync(join(keeper.root, other))]).toEqual([false, true]);
});

it.each(['s0123456789abcdef', 'first-password', 'app.other'])('removes nothing for %s', async (secret) => {
  await expect(keeper.door.call('noted', { token, secret })).rejects.toThrow('400');
  expect(existsSync(join(keeper.root, file))).toBe(true);
});

it('shows the services that are no units, and does not know one that can not be looked at', async () => {
  const { services } = await keeper.door.call('status', { token });

  expect(services.slice(-2)).toEqual([
    { name: 'App', description, state: 'starting' },
    { name: 'Broken', description, state: 'unknown' },
  ]);
});
