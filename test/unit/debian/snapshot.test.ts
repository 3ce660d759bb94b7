import { describe, expect, it } from 'vitest';
import { isInSnapshots, parseSnapshots, snapshotBases } from '../../../builder/debian/snapshot.ts';
import { samplePackage } from '../../helpers/sample-packages.ts';

const time = '2026-11-23T07:19:30.123Z';

/** As apt-config prints it. */
const dump = [
  'Acquire "";',
  'Acquire::Snapshots "";',
  'Acquire::Snapshots::URI "";',
  'Acquire::Snapshots::URI::Origin "";',
  'Acquire::Snapshots::URI::Origin::Debian "https://past.example/archive/debian/@SNAPSHOTID@/";',
  'Acquire::Snapshots::URI::Override::Label::Debian-Security "https://past.example/archive/debian-security/@SNAPSHOTID@/";',
  '',
].join('\n');

describe('parseSnapshots', () => {
  it('finds the addresses of both archives', () => {
    expect(parseSnapshots(dump)).toEqual({
      main: 'https://past.example/archive/debian/@SNAPSHOTID@/',
      security: 'https://past.example/archive/debian-security/@SNAPSHOTID@/',
    });
  });

  it('is empty where apt knows none', () => {
    expect(parseSnapshots('Acquire "";\n')).toEqual({ main: '', security: '' });
  });
});

describe('snapshotBases', () => {
  it('names both archives at a time', () => {
    expect(snapshotBases(parseSnapshots(dump), time, undefined)).toEqual({
      main: 'https://past.example/archive/debian/20261123T071930Z',
      security: 'https://past.example/archive/debian-security/20261123T071930Z',
    });
  });

  it('reads a time with a zone', () => {
    const { main } = snapshotBases(parseSnapshots(dump), '2026-11-23T09:19:30+02:00', undefined);

    expect(main).toContain('/20261123T071930Z');
  });

  it('fills archive and time into an own address, wherever they stand', () => {
    const template = 'https://own.example/@SNAPSHOTID@/@ARCHIVE@/@ARCHIVE@//';

    expect(snapshotBases(parseSnapshots(dump), time, template)).toEqual({
      main: 'https://own.example/20261123T071930Z/debian/debian',
      security: 'https://own.example/20261123T071930Z/debian-security/debian-security',
    });
  });

  it('is empty where no address is known', () => {
    expect(snapshotBases({ main: '', security: '' }, time, undefined)).toEqual({ main: '', security: '' });
  });
});

describe('isInSnapshots', () => {
  it.each([
    ['debian', true],
    ['debian-security', true],
    ['https://pkg.example/debian', false],
  ])('for a package of %s: %s', (archive, isKept) => {
    expect(isInSnapshots(samplePackage({ archive }))).toBe(isKept);
  });
});
