import { beforeEach, expect, it } from 'vitest';
import { runApply } from '../../../../stages/90-first-boot/agent/apply/run-steps.ts';
import { devicePaths } from '../../../../stages/90-first-boot/agent/device/paths.ts';
import { type StoredSetup, writeSetup } from '../../../../stages/90-first-boot/agent/store/setup-store.ts';
import { answered, fakeContext, fakeRoot, fullSetup, step } from './fake-setup.ts';

let root: string;

beforeEach(() => {
  const device = fakeRoot();
  root = device.root;
  return () => device.remove();
});

it('leaves a step that opens the device to others until somebody has claimed it', async () => {
  const answers = { share: { ...answered({ folder: 'media' }), from: 'card' } } as const;
  const fromCard: StoredSetup = { ...fullSetup, isClaimed: false, isWanted: false, answers };

  expect(await ranWith(fromCard)).toEqual(['closed']);
  expect(await ranWith({ ...fromCard, isClaimed: true })).toEqual(['open']);
});

/** The steps that run with this setup. */
async function ranWith(setup: StoredSetup): Promise<readonly string[]> {
  const ran: string[] = [];
  const steps = ['closed', 'open'].map((id, order) => ({
    ...step(id, order, ['share'], async () => void ran.push(id)),
    afterClaim: id === 'open',
  }));
  writeSetup(devicePaths(root), setup);
  await runApply(fakeContext(root, steps));
  return ran;
}
