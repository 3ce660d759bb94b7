import { describe, expect, it } from 'vitest';
import { missingPrograms, oldNode } from '../../../../builder/host/checks/programs.ts';
import { sampleAccount, sampleFacts } from '../../../helpers/sample-host.ts';

describe('missingPrograms', () => {
  it('finds nothing where all are there', () => {
    expect(missingPrograms(sampleFacts())).toEqual([]);
  });

  it('names each program with its package', () => {
    const problems = missingPrograms(sampleFacts({ programs: new Map() }));

    expect(problems.map(({ what }) => what)).toEqual([
      'The program mmdebstrap can not be found.',
      'The programs setpriv and unshare can not be found.',
      'The program tar can not be found.',
      'The programs newuidmap and newgidmap can not be found.',
    ]);
    expect(problems.map(({ fix }) => fix)).toEqual(
      ['mmdebstrap', 'util-linux', 'tar', 'uidmap'].map((name) => ({ kind: 'packages', names: [name] })),
    );
  });

  it('does not ask root for newuidmap', () => {
    const { programs } = sampleFacts();
    const root = sampleFacts({
      account: sampleAccount({ uid: 0 }),
      programs: new Map([...programs].filter(([name]) => !name.startsWith('new'))),
    });

    expect(missingPrograms(root)).toEqual([]);
  });
});

describe('oldNode', () => {
  it.each(['20.19.0', '20.20.1', '22.0.0', '24.1.0'])('takes %s', (version) => {
    expect(oldNode(version)).toBeUndefined();
  });

  it.each(['18.20.4', '20.18.9', '12.22.0'])('refuses %s', (version) => {
    expect(oldNode(version)?.what).toBe(`Node.js ${version} is too old.`);
  });
});
