import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { realCardSteps } from '../../../../stages/90-first-boot/agent/card/fat-folder.ts';
import { runCard, runCardWith } from '../../../../stages/90-first-boot/agent/card/run-card.ts';
import { type CardDevice, cardDevice } from './device.ts';

let device: CardDevice;

beforeEach(() => {
  device = cardDevice();
  return () => device.remove();
});

function calls(): string {
  const log = join(device.context.root, 'systemctl.log');
  return existsSync(log) ? readFileSync(log, 'utf8') : '';
}

it.each(['factory-reset', 'factory-reset.txt', 'Factory-Reset.TXT'])(
  '%s asks for a factory reset and restarts',
  async (name) => {
    device.put(name, '');
    device.put('hearth.yaml', 'device:\n  name: kitchen\n');

    expect(await runCard(device.context)).toBe(0);

    expect(existsSync(device.context.paths.resetFile)).toBe(true);
    expect(device.names()).toEqual(['config.txt', 'hearth.yaml']);
    expect(calls()).toBe('--no-block reboot\n');
    expect(device.stored().answers).toEqual({});
  },
);

it('waits while a reset is not done, then takes the rest of the card', async () => {
  device.put('factory-reset', '');
  device.put('hearth.yaml', 'device:\n  name: kitchen\n');
  await runCard(device.context);

  await runCard(device.context);
  expect(device.stored().answers).toEqual({});
  rmSync(device.context.paths.resetFile);
  await runCard(device.context);

  expect(device.values('device')).toEqual({ name: 'kitchen' });
  expect(calls()).toBe('--no-block reboot\n');
});

it('has the request on the disk before the file is gone', async () => {
  device.put('factory-reset', '');
  const remove = (path: string) => {
    expect(existsSync(device.context.paths.resetFile)).toBe(true);
    realCardSteps.remove(path);
  };

  await runCardWith(device.context, { ...realCardSteps, remove });

  expect(device.names()).toEqual(['config.txt']);
});

it('does not reset again and again when the file can not be removed', async () => {
  device.put('factory-reset', '');
  const remove = () => {
    throw Object.assign(new Error('read only'), { code: 'EROFS' });
  };

  await runCardWith(device.context, { ...realCardSteps, remove });

  expect(existsSync(device.context.paths.resetFile)).toBe(false);
  expect(calls()).toBe('');
  expect(device.journal).toContain('factory reset: not possible, EROFS on the card');
});

it('leaves the reset to the next start when the restart does not begin', async () => {
  device.put('factory-reset', '');
  writeFileSync(join(device.context.root, 'usr/bin/systemctl'), '#!/bin/sh\nexit 1\n');

  expect(await runCard(device.context)).toBe(0);

  expect(existsSync(device.context.paths.resetFile)).toBe(true);
  expect(device.journal.at(-1)).toContain('done at the next start');
});
