import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { calls } from '../../../../stages/90-first-boot/agent/keeper/calls.ts';
import { makeLoginLink } from '../../../../stages/90-first-boot/agent/keeper/sessions.ts';
import type { StoredSetup } from '../../../../stages/90-first-boot/agent/store/setup-store.ts';
import { untar } from '../support/untar.ts';
import { type FakeKeeper, putProgram, setupCode, startFakeKeeper } from './fake-keeper.ts';

/** One for each place, so that a leak tells where it comes from. With what JSON, shells and addresses would change. */
const canaries = {
  password: `canary-pass "'<&é$`,
  recovery: 'canary-line-one\ncanary-line-two',
  hash: 'canary-hash',
  wifi: 'canary wifi \\ password',
  oldTopic: 'canary-of-a-topic-that-is-gone',
} as const;
const secrets = [
  ...Object.values(canaries).flatMap((text) => text.split('\n')),
  setupCode,
  setupCode.replaceAll('-', '').toLowerCase(),
];

const answers: StoredSetup['answers'] = {
  locale: { state: 'answered', from: 'page', values: { language: 'de' } },
  owner: {
    state: 'answered',
    from: 'page',
    values: { name: 'ada', password: canaries.password, recovery: canaries.recovery, hash: canaries.hash },
  },
  wifi: {
    state: 'answered',
    from: 'card',
    values: { country: 'DE', network: 'Villa Ada', password: canaries.wifi },
  },
  gone: { state: 'answered', from: 'page', values: { key: canaries.oldTopic } },
};

let keeper: FakeKeeper;
let heard: string[];

beforeEach(async () => {
  keeper = await startFakeKeeper();
  heard = [];
});
afterEach(() => keeper.stop());

/** Programs and logs that tell every secret they can. */
function makeEverythingTalk(): void {
  const all = Object.values(canaries);
  const loud = `cat <<'END'\n${all.join('\n')}\n${setupCode}\npsk=${canaries.wifi}\n${JSON.stringify(all)}\n${all.map(encodeURIComponent).join('\n')}\n${all.map((one) => Buffer.from(one).toString('base64')).join('\n')}\nEND`;
  for (const program of ['journalctl', 'ip', 'nmcli', 'df', 'lsblk', 'free', 'rfkill', 'timedatectl'])
    putProgram(keeper.root, program, loud);
  mkdirSync(keeper.paths.stepLogs, { recursive: true });
  writeFileSync(join(keeper.paths.stepLogs, 'system.wifi.log'), `${all.join('\n')}\npsk=${canaries.wifi}\n`);
  const steps = [{ id: 'system.wifi', title: 'Joining', seconds: 3 }];
  const why = { en: `no: ${canaries.password}`, de: `nein: ${canaries.wifi}` };
  keeper.logEvents(
    { type: 'runStarted', steps },
    { type: 'stepProgress', step: 'system.wifi', fraction: 0.5, note: all.join(' ') },
    { type: 'stepFailed', step: 'system.wifi', why, todo: canaries.wifi, isOptional: true },
    { type: 'runFailed' },
  );
}

function expectSilence(): void {
  expect(heard.length).toBeGreaterThan(0);
  for (const text of [...heard, ...keeper.reports, ...keeper.ordered()])
    for (const secret of secrets)
      for (const writing of [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])
        expect(text).not.toContain(writing);
}

async function claimed(): Promise<string> {
  const admission = await keeper.door.call('claim', { address: '10.0.0.1', credential: setupCode });
  if (admission.result !== 'granted') throw new Error(admission.result);
  return admission.token;
}

async function say(name: string, ask: object): Promise<void> {
  const answer = await keeper.raw(`/${name}`, JSON.stringify(ask));
  heard.push(answer.body);
}

describe('no secret comes back', () => {
  it.each(['asking', 'applying', 'complete'] as const)('from any call while %s', async (phase) => {
    const token = await claimed();
    keeper.store({ isClaimed: true, isWanted: phase !== 'asking', answers });
    if (phase === 'complete') writeFileSync(keeper.paths.completeFile, '');
    makeEverythingTalk();
    const owner = { name: 'ada', password: canaries.password, recovery: canaries.recovery };
    const wish = { country: 'DE', network: 'Villa Ada', password: canaries.wifi, evenWithoutInternet: false };
    const asks: Readonly<Record<string, object>> = {
      stepLog: { token, step: 'system.wifi' },
      hello: {},
      claim: { address: '10.0.0.1', credential: canaries.password },
      login: { address: '10.0.0.1', name: 'ada', password: canaries.password },
      redeem: { address: '10.0.0.1', link: makeLoginLink(keeper.paths, 60_000).slice(1) },
      join: { address: '10.0.0.1', credential: setupCode, ...wish },
      topics: { token },
      save: { token, topic: 'owner', values: owner },
      skip: { token, topic: 'wifi' },
      status: { token },
      doctor: { token },
      noted: { token, secret: 's0123456789abcdef' },
      skipStep: { token, step: 'system.wifi' },
      retry: { token },
      apply: { token },
      reboot: { token },
      reset: { token, name: canaries.password },
      logout: { token: 'A'.repeat(43) },
    };
    for (const [name, ask] of Object.entries(asks)) await say(name, ask);
    await say('save', { token, topic: 'owner', values: { ...owner, name: canaries.password.repeat(3) } });
    await say('save', { token, topic: 'wifi', values: { country: canaries.wifi, password: 'x' } });
    await say('save', { token, topic: 'owner', values: { ...owner, name: 'crash' } });
    if (phase !== 'complete' && phase !== 'applying') expect(heard.at(-1)).toBe('{"refused":"broken"}');
    writeFileSync(keeper.paths.answersFile, `{"isClaimed":${canaries.hash}`);
    await say('save', { token, topic: 'owner', values: owner });

    expectSilence();
    const tested = [...Object.keys(asks), 'events', 'bundle'];
    expect(tested.sort()).toEqual([...calls.keys()].sort());
  });

  it('in the stream of events, whose steps keep their names', async () => {
    const token = await claimed();
    keeper.store({ isClaimed: true, isWanted: true, answers });
    makeEverythingTalk();
    const end = new AbortController();
    for await (const event of keeper.door.events(token, 0, end.signal)) {
      heard.push(JSON.stringify(event));
      if (event.type === 'stepFailed') {
        expect(event.step).toBe('system.wifi');
        end.abort();
      }
    }

    expect(heard).toHaveLength(4);
    expectSilence();
  });

  it('in the support bundle, also not the names of networks', async () => {
    const token = await claimed();
    keeper.store({ isClaimed: true, isWanted: true, answers });
    makeEverythingTalk();

    const files = await untar(await keeper.door.bundle(token));

    expect([...files.keys()].map((name) => name.replace('hearth-support/', ''))).toEqual([
      'release.txt',
      'answers.json',
      'events.jsonl',
      'step-logs/system.wifi.log',
      'doctor.json',
      'units.txt',
      'journal.txt',
      'network.txt',
      'disks.txt',
      'time.txt',
    ]);
    heard.push(...files.values());
    expectSilence();
    for (const text of files.values()) expect(text).not.toContain('Villa Ada');
    expect(files.get('hearth-support/answers.json')).toContain('"name": "ada"');
    expect(files.get('hearth-support/journal.txt')).toContain('[removed]');
  });

  it('in a file that is not only for root', async () => {
    await claimed();
    const wish = { country: 'DE', network: 'Home', password: canaries.wifi, evenWithoutInternet: false };
    await say('join', { address: '10.0.0.1', credential: setupCode, ...wish });
    const { statSync } = await import('node:fs');

    for (const name of readdirSync(keeper.paths.runFolder)) {
      const path = join(keeper.paths.runFolder, name);
      const stat = statSync(path);
      if (stat.isFile() && readFileSync(path, 'utf8').includes('canary')) expect(stat.mode & 0o077).toBe(0);
    }
    expect(statSync(keeper.paths.answersFile).mode & 0o777).toBe(0o600);
  });
});
