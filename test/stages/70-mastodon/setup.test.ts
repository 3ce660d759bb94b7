import { expect, onTestFinished, test } from 'vitest';
import { setup } from '../../../stages/70-mastodon/setup.ts';
import { collect } from '../../../stages/90-first-boot/agent/setup/collected.ts';
import type { Answers } from '../../../stages/90-first-boot/agent/setup/define.ts';
import { fakeDevice } from '../20-system-setup/fake-device.ts';

const answers: Answers = {
  mastodon: {
    state: 'answered',
    values: { domain: 'example.org', webDomain: 'social.example.org', owner: 'ada' },
  },
};

test('does its work after the data services and k3s, the front door before the account', () => {
  const { steps } = collect([{ stage: '70-mastodon', ...setup }]);
  expect(steps.map(({ id, order }) => [id, order])).toEqual([
    ['mastodon.images', 205],
    ['mastodon.keys', 220],
    ['mastodon.database', 230],
    ['mastodon.start', 240],
    ['mastodon.front', 245],
    ['mastodon.owner', 250],
  ]);
  expect(steps.filter(({ isOptional }) => isOptional !== true)).toEqual([]);
});

test('fetches nothing for a device that wants no Mastodon: only one step needs the images', () => {
  const needing = (setup.steps ?? []).filter(({ needs = [] }) => needs.length > 0);
  expect(needing.map(({ id, uses }) => [id, uses])).toEqual([['mastodon.images', ['mastodon']]]);
});

test('links to the pages and to the account, once there is a Mastodon', () => {
  const addresses = (given: Answers) => setup.links?.map(({ address }) => address(given, 'hearth'));
  expect(addresses(answers)).toEqual(['https://social.example.org', '@ada@example.org']);
  expect(addresses({})).toEqual([undefined, undefined]);
});

test('shows the first password until its file is gone', () => {
  const device = fakeDevice();
  onTestFinished(() => device.remove());
  const { secret } = setup.links?.[1] ?? {};
  device.put(secret?.noted ?? '', 'first password\n', 0o600);
  const shown = secret?.read(device.look);
  device.remove();

  expect([shown, secret?.read(device.look)]).toEqual(['first password', undefined]);
  expect(secret?.noted).toMatch(/^\/var\/lib\/hearth\/mastodon\//);
});
