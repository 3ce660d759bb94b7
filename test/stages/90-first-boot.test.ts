import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { readRelease } from '../../stages/90-first-boot/agent/device/release.ts';
import { readServiceEntries } from '../../stages/90-first-boot/agent/device/service-entries.ts';
import { readUnitStates } from '../../stages/90-first-boot/agent/device/unit-states.ts';
import { localText } from '../../stages/90-first-boot/agent/text/local-text.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'hearth-first-boot-'));
  return () => rmSync(root, { recursive: true, force: true });
});

describe('01-run.sh', () => {
  it('writes what the page tells about the software', () => {
    execFileSync('bash', ['-e', 'stages/90-first-boot/01-run.sh'], {
      env: {
        PATH: process.env['PATH'],
        ROOTFS_DIR: root,
        HEARTH_VERSION: '1.2.3',
        IMG_NAME: 'attic',
        IMG_DATE: '2026-11-23',
      },
    });
    const path = join(root, 'etc/hearth/release');

    expect(readRelease(path)).toEqual({ version: '1.2.3', image: 'attic', date: '2026-11-23' });
    expect(statSync(path).mode & 0o777).toBe(0o644);
  });
});

describe('readRelease', () => {
  it('gives empty fields without the file', () => {
    expect(readRelease(join(root, 'nothing'))).toEqual({ version: '', image: '', date: '' });
  });
});

describe('readServiceEntries', () => {
  it('takes every file of every stage', () => {
    const files = serviceFiles();
    for (const path of files) writeFileSync(join(root, basename(path, '.hbs')), readFileSync(path));

    const { entries, problems } = readServiceEntries(root);

    expect(problems).toEqual([]);
    expect(entries).toHaveLength(files.length);
    expect(entries.map((entry) => entry.unit)).toContain('hearth-web.socket');
  });

  it.each([
    ['no unit', { name: 'Clock', description: 'Right time' }],
    ['an option as unit', { name: 'Clock', unit: '--root=/.service', description: 'Right time' }],
    ['a unit without suffix', { name: 'Clock', unit: 'smbd', description: 'Right time' }],
    ['two units in one', { name: 'Clock', unit: 'a.service b.service', description: 'Right time' }],
    ['no English name', { name: { de: 'Uhr' }, unit: 'clock.service', description: 'Right time' }],
    ['a number as name', { name: 7, unit: 'clock.service', description: 'Right time' }],
    ['a list', ['clock.service']],
    ['nothing', null],
  ])('passes over a file with %s, and names it', (_what, value) => {
    writeFileSync(join(root, '10-clock.json'), JSON.stringify(value));

    const { entries, problems } = readServiceEntries(root);

    expect(entries).toEqual([]);
    expect(problems).toEqual([expect.stringMatching(/^10-clock\.json: /)]);
  });

  it('gives nothing without the folder', () => {
    expect(readServiceEntries(join(root, 'nothing'))).toEqual({ entries: [], problems: [] });
  });
});

describe('readUnitStates', () => {
  it.each([
    ['fails', 'echo "no bus" >&2; exit 1', 'no bus'],
    ['tells of another number of units', 'echo ActiveState=active', 'told of 1 units, not of 2'],
  ])('knows no state when systemctl %s, and says why', async (_what, script, reason) => {
    const systemctl = join(root, 'systemctl');
    writeFileSync(systemctl, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const problems: string[] = [];

    const states = await readUnitStates(systemctl, ['a.service', 'b.service'], (text) => problems.push(text));

    expect(states).toEqual(['unknown', 'unknown']);
    expect(problems).toEqual([expect.stringContaining(reason)]);
  });
});

describe('localText', () => {
  it('falls back to English, also for names that every object has', () => {
    const text = { en: 'Clock', de: 'Uhr' };

    expect(localText(text, 'de')).toBe('Uhr');
    expect(localText(text, 'fr')).toBe('Clock');
    expect(localText(text, 'constructor')).toBe('Clock');
  });
});

function serviceFiles(): readonly string[] {
  return ['stages', 'overlays'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => /\/usr\/lib\/hearth\/services\.d\/[^/]+\.json(\.hbs)?$/.test(path))
      .map((path) => join(folder, path)),
  );
}
