import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectDoor } from '../../../../stages/90-first-boot/agent/door/client.ts';
import { eventStream } from '../../../../stages/90-first-boot/agent/keeper/events-stream.ts';
import { makeKeeper } from '../../../../stages/90-first-boot/agent/keeper/keeper.ts';
import { type RunningKeeper, runKeeper } from '../../../../stages/90-first-boot/agent/keeper/server.ts';
import { type FakeKeeper, setupCode, startFakeKeeper } from './fake-keeper.ts';

let keeper: FakeKeeper;

beforeEach(async () => {
  keeper = await startFakeKeeper();
});
afterEach(() => keeper.stop());

async function claimed(): Promise<string> {
  const admission = await keeper.door.call('claim', { address: '10.0.0.1', credential: setupCode });
  if (admission.result !== 'granted') throw new Error(admission.result);
  return admission.token;
}

describe('runKeeper', () => {
  let second: RunningKeeper | undefined;
  afterEach(() => second?.close());

  it('leaves when nobody is connected for a while, but not while somebody reads events', async () => {
    const token = await claimed();
    keeper.logEvents({ type: 'runStarted', steps: [] });
    const listen = `${keeper.paths.keeperSocket}.second`;
    let hasLeft = false;
    second = await runKeeper(keeper.context, {
      listen,
      idleMs: 120,
      leave: () => {
        hasLeft = true;
      },
      uptimeMs: () => 60_000,
    });
    const door = connectDoor(listen);
    for await (const _event of door.events(token, 0)) {
      await wait(300);
      expect(hasLeft).toBe(false);
      break;
    }
    await expect.poll(() => hasLeft).toBe(true);
  });

  it('begins to listen where an earlier one was killed', async () => {
    expect(existsSync(keeper.paths.keeperSocket)).toBe(true);
    second = await runKeeper(keeper.context, { listen: keeper.paths.keeperSocket });

    expect((await keeper.door.call('hello', {})).phase).toBe('unclaimed');
  });
});

describe('eventStream', () => {
  it('shows that it lives, and ends with the session', async () => {
    const inside = makeKeeper(keeper.context, () => 60_000);
    const token = await claimed();
    const stream = eventStream(inside, { token, after: 0 }, 20);
    const heard: string[] = [];
    stream.on('data', (part: Buffer) => heard.push(part.toString('utf8')));
    await expect.poll(() => heard.length).toBeGreaterThan(2);
    expect(new Set(heard)).toEqual(new Set(['{}\n']));

    inside.sessions.close(token);
    await once(stream, 'end');
  });

  it('does not keep the setup from being taken over', async () => {
    let nowMs = 60_000;
    const inside = makeKeeper(keeper.context, () => nowMs);
    const token = await claimed();
    const stream = eventStream(inside, { token, after: 0 }, 10);
    stream.resume();
    nowMs += 15 * 60_000;
    await wait(60);

    expect(inside.sessions.isSetupAwake()).toBe(false);
    stream.destroy();
  });
});
