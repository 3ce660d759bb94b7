import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareSteps,
  isScript,
  parsePackageList,
  parseStepName,
  type Step,
  type StepKind,
  stepKinds,
} from '../../../builder/stage/step.ts';

const fileNames: Readonly<Record<StepKind, string>> = {
  debconf: 'debconf',
  'packages-nr': 'packages-nr',
  packages: 'packages',
  patches: 'patches',
  run: 'run.sh',
  'run-chroot': 'run-chroot.sh',
};

function step(number: number, kind: StepKind): Step {
  const label = `${String(number).padStart(2, '0')}-${fileNames[kind]}`;
  return { number, kind, label, path: `/stage/${label}` };
}

describe('parseStepName', () => {
  it.each([
    ['00-debconf', 0, 'debconf'],
    ['01-packages-nr', 1, 'packages-nr'],
    ['01-packages', 1, 'packages'],
    ['42-patches', 42, 'patches'],
    ['99-run.sh', 99, 'run'],
    ['07-run-chroot.sh', 7, 'run-chroot'],
  ])('reads %s', (name, number, kind) => {
    expect(parseStepName(name)).toEqual({ number, kind });
  });

  it.each([
    ...['0-packages', '000-packages', '00_packages', '00-package', '00-run', '00-run-chroot', '00-run.sh~'],
    ...['00-run.bash', 'a00-run.sh', '00-packages.txt', '00-patches.sh', 'files', ''],
  ])('takes "%s" for no step', (name) => {
    expect(parseStepName(name)).toBeUndefined();
  });
});

describe('compareSteps', () => {
  it('sorts by number, then in the order in which pi-gen runs the kinds', () => {
    const steps = [step(1, 'debconf'), ...[...stepKinds].reverse().map((kind) => step(0, kind))];

    expect(steps.sort(compareSteps).map(({ label }) => label)).toEqual([
      '00-debconf',
      '00-packages-nr',
      '00-packages',
      '00-patches',
      '00-run.sh',
      '00-run-chroot.sh',
      '01-debconf',
    ]);
  });

  it('gives one order for steps that come in any order', () => {
    const all = [0, 3, 50].flatMap((number) => stepKinds.map((kind) => step(number, kind)));

    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: all.length }), (shuffled) => {
        expect([...shuffled].sort(compareSteps)).toEqual(all);
      }),
    );
  });
});

describe('isScript', () => {
  it('knows the two kinds that are programs', () => {
    expect(stepKinds.filter((kind) => isScript(step(0, kind)))).toEqual(['run', 'run-chroot']);
  });
});

describe('parsePackageList', () => {
  it('reads names by spaces and lines, with their lines, without comments', () => {
    const text = '# base\nsudo  less\n\n\tnano # an editor\nvim#another\n   \n';

    expect(parsePackageList(text)).toEqual([
      { name: 'sudo', line: 2 },
      { name: 'less', line: 2 },
      { name: 'nano', line: 4 },
      { name: 'vim', line: 5 },
    ]);
  });

  it('finds nothing in an empty list', () => {
    expect(parsePackageList('\n# only a comment\n')).toEqual([]);
  });
});
