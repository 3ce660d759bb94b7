import { encode } from 'uqr';
import { describe, expect, it } from 'vitest';
import { addressesInCardText, cardText } from '../../../../stages/90-first-boot/agent/console/card-text.ts';
import type { DevicePhase } from '../../../../stages/90-first-boot/agent/console/device-phase.ts';
import type { Face } from '../../../../stages/90-first-boot/agent/console/face.ts';
import { issueText } from '../../../../stages/90-first-boot/agent/console/issue-text.ts';
import { phaseText } from '../../../../stages/90-first-boot/agent/console/phase-text.ts';

const esc = String.fromCodePoint(27);
const colours = new RegExp(`${esc}\\[\\d+m`, 'g');
const code = 'ACDE-FGHJ-KMNP';
const face: Face = {
  hostname: 'attic',
  addresses: ['http://192.168.1.20', 'http://[2001:db8::1]'],
  code,
  phase: { name: 'waiting' },
};
const { code: _code, ...claimed } = face;
const phases: readonly DevicePhase[] = [
  { name: 'waiting' },
  { name: 'asking' },
  { name: 'applying', percent: 40, step: { en: 'Naming the device', de: 'Gerät benennen' } },
  { name: 'ready' },
  { name: 'resetting' },
  { name: 'attention', of: 'setup' },
  { name: 'attention', of: 'service' },
];

describe('the text above the login prompt', () => {
  it('shows the page by name and by number, and the code', () => {
    const text = issueText(face);

    expect(text).toContain('http://attic.local');
    expect(text).toContain('http://192.168.1.20');
    expect(text).toContain('http://[2001:db8::1]');
    expect(text).toContain(code);
  });

  it('has a QR code of the page with the code behind it, in colours that every console has', () => {
    const modules = consoleModules(issueText(face));

    expect(modules).toEqual(encode(`http://attic.local/#code=${code}`, { ecc: 'L', border: 2 }).data);
  });

  it('uses no sign that the console font of Debian lacks', () => {
    const texts = phases.map((phase) => issueText({ ...face, phase }));

    // Lat15: Latin letters, but no half blocks.
    expect(texts.join('').replaceAll(esc, '')).toMatch(/^[ -~\nÀ-ÿ]*$/u);
  });

  it('fits on 80 columns, with the longest name too', () => {
    const lines = phases.flatMap((phase) =>
      issueText({ ...face, hostname: 'a'.repeat(30), phase })
        .replaceAll(colours, '')
        .split('\n'),
    );

    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });

  it('leaves the QR code out on a screen that is too small for it', () => {
    expect(issueText(face, 67)).toContain('\x1b[47m');
    expect(issueText(face, 30)).not.toContain('\x1b');
    expect(issueText(face, 30)).toContain(code);
  });

  it('leads to the hotspot first, while there is one', () => {
    const text = issueText({ ...face, hotspot: 'Hearth setup 1A2B' });

    expect(text).toContain('Hearth setup 1A2B');
    expect(consoleModules(text)).toEqual(
      encode('WIFI:T:nopass;S:Hearth setup 1A2B;;', { ecc: 'L', border: 2 }).data,
    );
  });

  it('has neither code nor QR code after the claim', () => {
    const text = issueText({ ...claimed, phase: { name: 'asking' } });

    expect(text).not.toContain('\x1b');
    expect(text).not.toMatch(/[A-Z0-9]{4}-[A-Z0-9]{4}/);
  });

  it('tells how far the setup is, in both languages', () => {
    const text = issueText({ ...claimed, phase: phases[2] as DevicePhase });

    expect(text).toContain('40 %: Naming the device');
    expect(text).toContain('40 %: Gerät benennen');
  });

  it('lets a title change nothing on the screen', () => {
    const step = 'one\\ntwo\x1b[2Jthree';
    const text = issueText({ ...claimed, phase: { name: 'applying', percent: 1, step } });

    expect(text).toContain('one\\\\ntwo [2Jthree');
  });

  it('says that there is no network', () => {
    expect(issueText({ ...face, addresses: [] })).toContain('no network');
  });
});

describe('SETUP-CODE.txt', () => {
  it('shows address, last number, code and QR code', () => {
    const text = cardText(face);

    for (const part of [code, 'http://attic.local', 'http://192.168.1.20']) expect(text).toContain(part);
    expect(fileModules(text)).toEqual(
      encode(`http://attic.local/#code=${code}`, { ecc: 'L', border: 2 }).data,
    );
  });

  it.each(phases)('is readable in every editor, in both languages: $name', (phase) => {
    const text = cardText({ ...face, phase });

    expect(text.startsWith('\uFEFF')).toBe(true);
    expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    expect(text).toContain(phaseText(phase).en);
    expect(text).toContain(phaseText(phase).de);
  });

  it('stays the same while the percents grow', () => {
    const at = (percent: number) =>
      cardText({ ...claimed, phase: { name: 'applying', percent, step: `step ${percent}` } });

    expect(at(1)).toBe(at(99));
  });

  it('has neither code nor QR code after the claim', () => {
    const text = cardText({ ...claimed, phase: { name: 'ready' } });

    expect(text).not.toMatch(/[A-Z0-9]{4}-[A-Z0-9]{4}|[▀▄█]/);
    expect(text).toContain('http://attic.local');
  });

  it('gives back the numbers that it named, and no others', () => {
    expect(addressesInCardText(cardText(face))).toEqual(['http://192.168.1.20']);
    expect(addressesInCardText(cardText({ ...claimed, phase: { name: 'ready' } }))).toEqual([
      'http://192.168.1.20',
    ]);
    expect(addressesInCardText('')).toEqual([]);
  });
});

/** Reads the QR code back: two blanks a module, dark behind 40, light behind 47. */
function consoleModules(text: string): readonly (readonly boolean[])[] {
  const lines = text.split('\n').filter((line) => line.startsWith('\x1b'));
  return lines.map((line) =>
    [...line.replaceAll(esc, '').matchAll(/\[(\d+)m( *)/g)].flatMap(([, colour, blanks = '']) =>
      Array.from({ length: blanks.length / 2 }, () => colour === '40'),
    ),
  );
}

function fileModules(text: string): readonly (readonly boolean[])[] {
  const lines = text.split('\r\n');
  const first = lines.findIndex((line) => /[▀▄█]/.test(line)) - 1;
  const width = Math.max(...lines.filter((line) => /[▀▄█]/.test(line)).map((line) => line.length)) + 2;
  const rows = lines
    .slice(first, first + Math.ceil(width / 2))
    .map((line) => line.padEnd(width))
    .flatMap((line) => [
      [...line].map((sign) => '▀█'.includes(sign)),
      [...line].map((sign) => '▄█'.includes(sign)),
    ]);
  return rows.slice(0, width);
}
