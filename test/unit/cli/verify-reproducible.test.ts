import { describe, expect, it, vi } from 'vitest';
import {
  type Circumstances,
  describeCircumstances,
  withHostName,
} from '../../../builder/cli/commands/verify/circumstances.ts';
import {
  circumstancesAsText,
  isReproducible,
  reportAsJson,
  reportAsText,
  type VerifyReport,
} from '../../../builder/cli/commands/verify/report.ts';
import { buildCommand } from '../../../builder/cli/commands/verify/run-build.ts';
import { runCli } from '../../../builder/cli/program.ts';
import type { ImageComparison } from '../../../builder/image/compare.ts';

const identical: ImageComparison = {
  sha256: 'ab12',
  isIdentical: true,
  tables: undefined,
  files: [],
  regions: [],
};

function reportOf(comparison: Partial<ImageComparison>, more: Partial<VerifyReport> = {}): VerifyReport {
  const image = { image: 'hearth.img', comparison: { ...identical, ...comparison }, manifest: [] };
  return { circumstances: [], images: [image], folders: [], ...more };
}

const anna = { name: 'anna', uid: 1001, gid: 1002, firstSubUid: 100_000, firstSubGid: 100_000 };
const everything: Circumstances = {
  user: anna,
  sameUserReason: '',
  memoryFolder: '/dev/shm',
  core: 3,
  hostName: 'another-host',
};
const nothing: Circumstances = {
  user: undefined,
  sameUserReason: 'only root can start a build as another user',
  memoryFolder: undefined,
  core: undefined,
  hostName: undefined,
};

describe('reportAsText', () => {
  it('says identical, with the checksum', () => {
    expect(reportAsText(reportOf({}))).toBe('identical: sha256 ab12  hearth.img\n');
  });

  it('names each file that differs and how', () => {
    const report = reportOf({
      isIdentical: false,
      files: [
        {
          path: '/etc/bad',
          changes: [
            {
              what: 'content',
              offsetBytes: 1234,
              sizesBytes: [2000, 2000],
              line: { number: 7, a: 'two', b: 'one' },
            },
            { what: 'fact', name: 'mode', a: '0644', b: '0600' },
          ],
        },
        { path: '/etc/new\u001b[2J', changes: [{ what: 'missing in A' }] },
      ],
    });

    expect(reportAsText(report).split('\n')).toEqual([
      'different: hearth.img, 2 files',
      '  /etc/bad',
      '    content: first difference at byte 1,234 of 2,000 bytes',
      '      line 7 in A: two',
      '      line 7 in B: one',
      '    mode: 0644 in A, 0600 in B',
      '  /etc/new�[2J',
      '    missing in A',
      '',
    ]);
  });

  it('shows fifty files; JSON has all of them', () => {
    const files = Array.from({ length: 53 }, (_, index) => ({
      path: `/file-${index}`,
      changes: [{ what: 'missing in B' as const }],
    }));
    const report = reportOf({ isIdentical: false, files });

    expect(reportAsText(report).match(/\/file-/g)).toHaveLength(50);
    expect(reportAsText(report)).toContain('and 3 more files; --json lists all');
    expect(reportAsJson(report).match(/\/file-/g)).toHaveLength(53);
  });

  it('names regions of the disk where no file differs, at most ten', () => {
    const regions = Array.from({ length: 12 }, (_, index) => ({
      name: `inodes ${index}`,
      startBytes: index * 4096,
      endBytes: index * 4096 + 4096,
    }));

    const text = reportAsText(reportOf({ isIdentical: false, regions }));

    expect(text).toContain('All files are equal.');
    expect(text).toContain('bytes 4096 to 8191: inodes 1\n');
    expect(text.match(/: inodes/g)).toHaveLength(10);
    expect(text).toContain('and 2 more regions');
  });

  it('names values of the manifest', () => {
    const [image] = reportOf({}).images;
    if (!image) throw new TypeError('no image');
    const report = {
      ...reportOf({}),
      images: [{ ...image, manifest: [{ key: 'version', a: '"1"', b: undefined }] }],
    };

    expect(reportAsText(report)).toContain('version: "1" in A, missing in B');
    expect(isReproducible(report)).toBe(false);
  });

  it('says that a build did not make an image', () => {
    const report: VerifyReport = {
      ...reportOf({}),
      images: [{ image: 'x.img', comparison: undefined, missingIn: 'B', manifest: [] }],
    };

    expect(reportAsText(report)).toBe('different: x.img was not made by build B\n');
    expect(isReproducible(report)).toBe(false);
  });
});

describe('describeCircumstances', () => {
  const places = {
    a: { project: '/p', cache: '/c', fileSystem: 'ext4' },
    b: { project: '/d/p', cache: '/m', fileSystem: 'tmpfs' },
  };

  it('tells both values of all that differs', () => {
    const rows = describeCircumstances(everything, places);

    expect(rows.find(({ what }) => what === 'user')?.b).toBe('anna');
    expect(rows.find(({ what }) => what === 'umask')).toMatchObject({ a: '022', b: '077' });
    expect(rows.every(({ isDifferent }) => isDifferent)).toBe(true);
  });

  it('says plainly what stays the same, and why', () => {
    const sameDisk = { ...places, b: { ...places.b, fileSystem: 'ext4' } };
    const text = circumstancesAsText(describeCircumstances(nothing, sameDisk));

    expect(text).toMatch(/^user +\S+ +the same: only root can start a build as another user$/m);
    expect(text).toMatch(/^directory order +of ext4 +the same: /m);
    expect(text).toMatch(/^host name +\S+ +the same: /m);
    expect(text).toMatch(/^clock +as it is +\+400d$/m);
  });
});

describe('buildCommand', () => {
  const side = {
    checkout: { code: '/code', projectDir: '/p', configPath: '/p/config.yaml' },
    cacheDir: '/c',
    outDir: '/o',
    home: '/h',
  };

  it('runs build A as we are, but for the umask', () => {
    expect(buildCommand({ name: 'A', ...side }, undefined)).toEqual([
      ...['sh', '-c', 'umask 022 && exec "$@"', 'sh'],
      ...[process.execPath, '--import', '/code/node_modules/tsx/dist/loader.mjs', '/code/builder/main.ts'],
      ...['build', '--config', '/p/config.yaml'],
    ]);
  });

  it('runs build B as another user on one core, with the packages of A', () => {
    const command = buildCommand(
      { name: 'B', ...side, circumstances: everything, lockFile: '/h/lock.yaml' },
      'slim',
    );

    const text = command.join(' ');
    expect(command.slice(0, withHostName('another-host').length)).toEqual(withHostName('another-host'));
    expect(text).toContain(
      'taskset -c 3 setpriv --reuid=1001 --regid=1002 --clear-groups -- sh -c umask 077',
    );
    expect(text).toMatch(/--edition slim --locked \/h\/lock\.yaml$/);
  });
});

describe('hearth verify-reproducible --help', () => {
  it('tells what it does, how long it takes, and examples', async () => {
    let text = '';
    const written = vi.spyOn(process.stdout, 'write').mockImplementation((piece) => {
      text += String(piece);
      return true;
    });

    const exitCode = await runCli(['verify-reproducible', '--help']);

    written.mockRestore();
    expect(exitCode).toBe(0);
    expect(text).toContain('Examples:\n  hearth verify-reproducible');
    expect(text).toContain('0: identical, 1: different');
  });
});
