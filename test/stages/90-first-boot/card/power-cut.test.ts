import {
  closeSync,
  existsSync,
  ftruncateSync,
  openSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CardSteps, realCardSteps } from '../../../../stages/90-first-boot/agent/card/fat-folder.ts';
import { runCard, runCardWith } from '../../../../stages/90-first-boot/agent/card/run-card.ts';
import { annasHash, annasKey, atticsKey, type CardDevice, cardDevice } from './device.ts';

const yaml = `locale: { language: de }
device: { name: attic }
administrator:
  name: anna
  password: the canary of anna # not taken as a comment: it stands after quotes
`.replace('the canary of anna', "'the canary of anna'");

/** Every change on the disk from the given one on fails, as if the power were gone; `half` does a part of it first. */
function cutAt(cut: number, half = false): { readonly steps: CardSteps; readonly count: () => number } {
  let done = 0;
  const guard =
    <Arguments extends readonly unknown[], Result>(
      run: (...args: Arguments) => Result,
      part: (...args: Arguments) => void = () => {},
    ) =>
    (...args: Arguments): Result => {
      done += 1;
      if (done === cut && half) part(...args);
      if (done >= cut) throw new Error('power cut');
      return run(...args);
    };
  const steps: CardSteps = {
    remove: guard(realCardSteps.remove),
    create: guard(realCardSteps.create),
    openFolder: guard(realCardSteps.openFolder),
    write: guard(realCardSteps.write, (file, text) => void writeSync(file, text.slice(0, text.length / 2))),
    sync: guard(realCardSteps.sync),
    close: realCardSteps.close,
    rename: guard(realCardSteps.rename),
    blank: guard(realCardSteps.blank, blankHalf),
    store: guard(realCardSteps.store),
  };
  return { steps, count: () => done };
}

function blankHalf(path: string): void {
  const bytes = readFileSync(path);
  bytes.fill(0, 0, Math.ceil(bytes.length / 2));
  const file = openSync(path, 'r+');
  ftruncateSync(file, bytes.length);
  writeSync(file, bytes, 0, bytes.length, 0);
  closeSync(file);
}

function put(device: CardDevice, format: string): void {
  device.putFolder(`full/${format}`);
  device.put('hearth.yaml', yaml);
}

function state(device: CardDevice): unknown {
  const { fat, names, stored } = device;
  const files = names().map((name) => [name, readFileSync(join(fat, name), 'utf8')]);
  return { setup: stored(), files: files.filter(([name]) => name !== 'hearth-card.txt') };
}

const canaries = [annasHash, atticsKey, 'the canary of anna'];

describe.each(['systemd', 'cloudinit-rpi'])('a power cut while a card with %s is read', (format) => {
  it.each([false, true])(
    'at any moment loses nothing, and the next start ends it (half written: %s)',
    async (isHalf) => {
      const whole = cardDevice();
      put(whole, format);
      const counter = cutAt(Number.POSITIVE_INFINITY);
      await runCardWith(whole.context, counter.steps);
      const expected = state(whole);
      expect(whole.values('administrator')).toEqual({ name: 'anna', password: 'the canary of anna' });
      whole.remove();
      expect(counter.count()).toBeGreaterThan(20);

      for (let cut = 1; cut <= counter.count(); cut += 1) {
        const device = cardDevice();
        put(device, format);
        await runCardWith(device.context, cutAt(cut, isHalf).steps);
        const kept = `${device.bytes()}${JSON.stringify(device.stored())}`;
        for (const canary of [annasKey, ...canaries].slice(2)) expect(kept, `cut ${cut}`).toContain(canary);

        expect(await runCard(device.context), `cut ${cut}`).toBe(0);

        expect(state(device), `cut ${cut}`).toEqual(expected);
        expect(device.read('hearth-card.txt'), `cut ${cut}`).toContain('Name of the device');
        for (const canary of canaries) expect(device.bytes().includes(canary), `cut ${cut}`).toBe(false);
        device.remove();
      }
    },
    60_000,
  );
});

it('never removes a secret from the card before the answers are on the disk', async () => {
  const device = cardDevice();
  put(device, 'rpi-preseed');
  const before = device.bytes().toString('hex');
  const steps: CardSteps = {
    ...realCardSteps,
    store: () => {
      throw new Error('power cut');
    },
  };

  expect(await runCardWith(device.context, steps)).toBe(1);

  expect(device.bytes().toString('hex')).toBe(before);
  device.remove();
});

it('overwrites a file before it is removed or replaced', async () => {
  const device = cardDevice();
  put(device, 'rpi-preseed');
  const order: string[] = [];
  const steps: CardSteps = {
    ...realCardSteps,
    blank: (path) => {
      order.push(`blank ${path.slice(device.fat.length + 1)}`);
      realCardSteps.blank(path);
      expect(readFileSync(path).every((byte) => byte === 0)).toBe(true);
    },
    remove: (path) => {
      if (existsSync(path)) order.push(`remove ${path.slice(device.fat.length + 1)}`);
      realCardSteps.remove(path);
    },
    rename: (from, to) => {
      order.push(`rename ${to.slice(device.fat.length + 1)}`);
      realCardSteps.rename(from, to);
    },
  };

  await runCardWith(device.context, steps);

  expect(order).toEqual(
    [
      'rename hearth-card.txt',
      'rename cmdline.txt',
      'blank rpi-preseed.toml',
      'remove rpi-preseed.toml',
      'blank hearth.yaml',
      'rename hearth.yaml',
    ].filter((line) => line !== 'rename cmdline.txt'),
  );
  device.remove();
});

it('keeps a hearth.yaml that the owner wrote anew while the old one was being cleaned', async () => {
  const device = cardDevice();
  device.put('hearth.yaml', yaml);
  await runCard(device.context);
  device.put('hearth.yaml.tmp', device.read('hearth.yaml'));
  device.put('hearth.yaml', 'device: { name: cellar }\n');

  await runCard(device.context);

  expect(device.values('device')).toEqual({ name: 'cellar' });
  expect(device.read('hearth.yaml')).toBe('device: { name: cellar }\n');
  expect(device.names()).not.toContain('hearth.yaml.tmp');
  device.remove();
});

it('tells that secrets are still on a card that can not be written to', async () => {
  const device = cardDevice();
  put(device, 'rpi-preseed');
  const readOnly = () => {
    throw Object.assign(new Error('canary'), { code: 'EROFS' });
  };

  expect(
    await runCardWith(device.context, {
      ...realCardSteps,
      blank: readOnly,
      create: readOnly,
      remove: readOnly,
    }),
  ).toBe(1);

  expect(device.journal).toContain('secrets are still on the card: EROFS');
  expect(device.journal.join('')).not.toContain('canary');
  expect(device.values('device')).toEqual({ name: 'attic' });
  writeFileSync(join(device.fat, 'x'), '');
  device.remove();
});
