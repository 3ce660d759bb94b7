import { beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { exampleFor } from '../../../../stages/90-first-boot/agent/card/example.ts';
import { runCard } from '../../../../stages/90-first-boot/agent/card/run-card.ts';
import { writeSetup } from '../../../../stages/90-first-boot/agent/store/setup-store.ts';
import { annasHash, annasKey, type CardDevice, cardDevice } from './device.ts';

let device: CardDevice;

beforeEach(() => {
  device = cardDevice();
  return () => device.remove();
});

const whole = `# My box
locale:
  language: de
device:
  name: kitchen # the name
administrator:
  name: anna
  password: 'it''s a canary #1'
  sshKeys:
    - ${annasKey}
    - ${annasKey.replace('anna@', 'two@')}
time: { zone: Europe/Berlin }
wifi:
  country: DE
  network: "Attic"
  password: 0123456789   
  hidden: true
keyboard: skip
updates:
`;

const taken = whole
  .replace("'it''s a canary #1'", '<taken over>')
  .replace('0123456789   ', '<taken over>   ');

describe('a hearth.yaml without mistakes', () => {
  it.each(['hearth.yaml', 'hearth.yml', 'HEARTH.YML', 'Hearth.yaml.txt'])(
    '%s answers everything',
    async (name) => {
      device.put(name, whole);

      expect(await runCard(device.context)).toBe(0);

      expect(device.values('administrator')).toEqual({
        name: 'anna',
        password: "it's a canary #1",
        sshKeys: `${annasKey}\n${annasKey.replace('anna@', 'two@')}`,
      });
      expect(device.values('wifi')).toEqual({
        country: 'DE',
        network: 'Attic',
        password: '0123456789',
        hidden: 'yes',
      });
      expect(device.stored().answers['keyboard']).toEqual({ state: 'skipped', from: 'card' });
      expect(device.stored().answers['updates']).toBeUndefined();
      expect(device.read(name)).toBe(taken);
    },
  );

  it('keeps its line ends, its byte order mark and its comments', async () => {
    device.put('hearth.yaml', `\uFEFF${whole.replaceAll('\n', '\r\n')}`);

    await runCard(device.context);

    expect(device.read('hearth.yaml')).toBe(`\uFEFF${taken.replaceAll('\n', '\r\n')}`);
  });

  it('leaves no secret on the card or in the journal', async () => {
    device.put('hearth.yaml', whole);

    await runCard(device.context);

    expect(`${device.bytes()}${device.journal.join('\n')}`).not.toMatch(/canary|0123456789/);
    expect(device.names()).toEqual(['config.txt', 'hearth-card.txt', 'hearth.yaml']);
  });

  it('changes nothing at the second start, and leaves alone what the owner changed on the page', async () => {
    device.put('hearth.yaml', whole);
    await runCard(device.context);
    const setup = device.stored();
    const answer = { state: 'answered', values: { name: 'cellar' }, from: 'page' } as const;
    writeSetup(device.context.paths, { ...setup, answers: { ...setup.answers, device: answer } });
    const after = [device.bytes().toString('hex'), JSON.stringify(device.stored())];
    device.journal.splice(0);

    expect(await runCard(device.context)).toBe(0);

    expect([device.bytes().toString('hex'), JSON.stringify(device.stored())]).toEqual(after);
    expect(device.journal).toEqual([]);
  });

  it('lets the device set itself up when every required topic is answered; open optional ones are skipped', async () => {
    device.put('hearth.yaml', `${whole.replace('updates:\n', '')}\n`);
    const { topics } = device.context.setups;
    const required = topics.filter((topic) => !topic.isOptional).map((topic) => topic.id);
    const context = {
      ...device.context,
      setups: { ...device.context.setups, topics: topics.filter(({ id }) => id !== 'updates') },
    };

    await runCard(context);

    expect(required).toEqual(expect.arrayContaining(['locale', 'device', 'administrator', 'time']));
    expect(device.stored()).toMatchObject({ isClaimed: true, isWanted: true });
    expect(Object.keys(device.stored().answers).sort()).toEqual(
      context.setups.topics.map(({ id }) => id).sort(),
    );
  });

  it('leaves the rest to the page when a required topic is open', async () => {
    device.put('hearth.yaml', whole.replace(/time:.*\n/, ''));

    await runCard(device.context);

    expect(device.stored()).toMatchObject({ isClaimed: false, isWanted: false });
    expect(device.stored().answers['time']).toBeUndefined();
    expect(device.values('device')).toEqual({ name: 'kitchen' });
  });

  it('does not hold up Imager when a rule breaks', async () => {
    const broken = cardDevice({
      topics: [
        {
          id: 'broken',
          order: 200,
          title: 'x',
          short: 'x',
          isOptional: true,
          fields: [{ kind: 'text', name: 'x', label: 'x', maxLength: 9 }],
          validate: () => {
            throw new Error('canary');
          },
        },
      ],
    });
    broken.putFolder('full/rpi-preseed');
    broken.put('hearth.yaml', 'broken:\n  x: y\n');

    expect(await runCard(broken.context)).toBe(0);

    expect(broken.read('hearth-card.txt')).toContain('line 1, column 1: broken: This could not be checked.');
    expect(broken.values('device')).toEqual({ name: 'kitchen' });
    expect(broken.names()).not.toContain('rpi-preseed.toml');
    broken.remove();
  });

  it('has the last word over Imager', async () => {
    device.putFolder('full/cloudinit-rpi');
    device.put('hearth.yaml', 'device:\n  name: attic\n');

    await runCard(device.context);

    expect(device.values('device')).toEqual({ name: 'attic' });
    expect(device.values('administrator')).toMatchObject({ name: 'anna', passwordHash: annasHash });
  });

  it('is the same as JSON, and as UTF-16 of Windows', async () => {
    device.put('hearth.yaml', Buffer.from('\uFEFF{"device": {"name": "kitchen"}}', 'utf16le'));

    await runCard(device.context);

    expect(device.values('device')).toEqual({ name: 'kitchen' });
  });
});

describe('a hearth.yaml whose secrets were taken over', () => {
  beforeEach(async () => {
    device.put('hearth.yaml', whole);
    await runCard(device.context);
  });

  it('may be changed, and the secrets stay', async () => {
    device.put('hearth.yaml', taken.replace('Attic', 'Cellar'));

    await runCard(device.context);

    expect(device.values('wifi')).toMatchObject({ network: 'Cellar', password: '0123456789' });
    expect(device.values('administrator')).toMatchObject({ password: "it's a canary #1" });
  });

  it('gets a new secret', async () => {
    device.put(
      'hearth.yaml',
      taken.replace(/password: <taken over> {3}/, 'password: |-\n    another canary'),
    );

    await runCard(device.context);

    expect(device.values('wifi')).toMatchObject({ password: 'another canary' });
    expect(device.bytes().includes('canary')).toBe(false);
  });

  it('asks for the secrets again on a device that does not have them', async () => {
    const other = cardDevice();
    other.put('hearth.yaml', taken);

    await runCard(other.context);

    expect(other.stored().answers).toEqual({});
    expect(other.read('hearth-card.txt')).toContain(
      'hearth.yaml, line 8, column 13: administrator.password: The secret was taken over before',
    );
    other.remove();
  });
});

describe('a hearth.yaml with mistakes', () => {
  it.each([
    ['device:\n  name: Küche', 'line 2, column 9: device.name: Please use small letters only.'],
    ['device:\n\tname: x', 'line 2, column 1: The line begins with a tab.'],
    ['divice:\n  name: x', 'line 1, column 1: There is no such topic. Did you mean "device"?'],
    [
      'zzzzzzzz: 1',
      'line 1, column 1: There is no such topic. Possible: locale, device, administrator, time, wifi, keyboard',
    ],
    ['device:\n  nmae: x', 'line 2, column 3: device: There is no such field. Did you mean "name"?'],
    ['device:\n  name:', 'line 2, column 8: device.name: Please fill this in.'],
    ['device: {}', 'line 1, column 1: device.name: Please fill this in.'],
    ['device: kitchen', 'line 1, column 9: device: Below a topic there are its fields'],
    ['device:\n  - name', 'line 2, column 3: device: Below a topic there are its fields'],
    ['device: skip', 'line 1, column 9: device: This can not be skipped.'],
    ['device:\n  name: [a, b]', 'line 2, column 9: device.name: Only one value can stand here.'],
    ['device:\n  name: a\n  name: b', 'line 3, column 3: This is in the file twice.'],
    ['device:\n  name: *canary', 'line 2, column 9: device.name: Please write the value itself'],
    [
      'wifi:\n  password: !canary1234',
      'line 2, column 13: Please put a value that begins with "!" in quotes.',
    ],
    [
      'wifi:\n  country: DE\n  network: A\n  password: abcdefgh #canary',
      'line 4, column 13: wifi.password: What stands after "#" is a comment.',
    ],
    [
      'wifi:\n  country: XX\n  network: A',
      'line 2, column 12: wifi.country: Please choose one of these. Possible: DE, AT',
    ],
    [
      'wifi:\n  network: A\n  hidden: maybe',
      'line 3, column 11: wifi.hidden: Please choose one of these. Possible: no, yes',
    ],
    ['administrator:\n  name: anna', 'line 1, column 1: administrator.password: Please choose a password'],
    ['administrator:\n  password: "canary', 'line 2, column 13: Something is missing here'],
    ['- a', 'line 1, column 1: The file must begin with a topic'],
    ['canary', 'line 1, column 1: The file must begin with a topic'],
    ['device:\n  name: a\n---\ndevice:\n  name: b', 'line 3, column 1: The file has a line "---" in it.'],
  ])('%j is told as: %s', async (text, message) => {
    device.put('hearth.yaml', `${text}\n`);

    expect(await runCard(device.context)).toBe(0);

    expect(device.read('hearth-card.txt')).toContain(`hearth.yaml, ${message}`);
    expect(device.stored().answers).toEqual({});
    expect(device.read('hearth.yaml')).toBe(`${text}\n`);
    expect(`${device.read('hearth-card.txt')}${device.journal.join('')}`).not.toMatch(/canary|Küche/);
    expect(device.journal.join('')).not.toMatch(/zzzz|divice/);
  });

  it('tells all of them at once, in the order of the file, and takes nothing', async () => {
    device.put(
      'hearth.yaml',
      'time:\n  zone: Mars\ndevice:\n  name: kitchen\n  colour: red\nwifi:\n  country: DE\n  network: Attic\n  password: short\n',
    );

    await runCard(device.context);

    const lines = device.read('hearth-card.txt').split('\r\n');
    const places = lines
      .map((line) => /^ {2}- hearth\.yaml, line (\d+), column (\d+): (\w+(?:\.\w+)?)/.exec(line)?.slice(1))
      .filter(Boolean);
    expect(places).toEqual([
      ['2', '9', 'time.zone'],
      ['5', '3', 'device'],
      ['9', '13', 'wifi.password'],
    ]);
    expect(lines).toContain(
      '  - hearth.yaml, Zeile 9, Spalte 13: wifi.password: Ein WLAN-Passwort hat 8 bis 63 Zeichen.',
    );
    expect(device.stored().answers).toEqual({});
  });

  it('is taken when it was mended', async () => {
    device.put('hearth.yaml', 'device:\n  name: Kitchen\n');
    await runCard(device.context);
    device.put('hearth.yaml', 'device:\n  name: kitchen\n');

    await runCard(device.context);

    expect(device.values('device')).toEqual({ name: 'kitchen' });
    expect(device.read('hearth-card.txt')).not.toContain('not right yet');
  });

  it('counts the columns without the byte order mark', async () => {
    device.put('hearth.yaml', '\uFEFFdevise: 1\r\n');

    await runCard(device.context);

    expect(device.read('hearth-card.txt')).toContain('line 1, column 1: There is no such topic.');
  });

  it('is not read when it is far too large', async () => {
    const text = `device:\n  name: kitchen\n${'#'.repeat(200_000)}\n`;
    device.put('hearth.yaml', text);

    expect(await runCard(device.context)).toBe(1);

    expect(device.read('hearth.yaml')).toBe(text);
    expect(device.journal).toEqual(['the card could not be read: EFBIG']);
  });

  it('is not the only one: two files are none', async () => {
    device.put('hearth.yaml', 'device:\n  name: a1\n');
    device.put('hearth.yml', 'device:\n  name: b1\n');

    await runCard(device.context);

    expect(device.stored().answers).toEqual({});
    expect(device.read('hearth-card.txt')).toContain('hearth.yml: There is more than one such file');
  });
});

describe('exampleFor', () => {
  it('is a comment as it is, and valid YAML with every topic and field without its signs', () => {
    const text = exampleFor(device.context.setups);

    expect(parse(text)).toBeNull();
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(110);
    const shown = parse(text.replaceAll(/^# /gm, '')) as Record<string, Record<string, unknown>>;
    const fields = Object.entries(shown).map(([id, values]) => [id, Object.keys(values)]);
    expect(fields).toEqual(
      device.context.setups.topics.map((topic) => [topic.id, topic.fields.map((field) => field.name)]),
    );
  });
});
