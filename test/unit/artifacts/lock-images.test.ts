import { expect, it } from 'vitest';
import { formatArtifactLock, parseArtifactLock } from '../../../builder/artifacts/lock-file.ts';
import { errorOf } from '../../helpers/error-of.ts';
import { imageArtifactOf } from '../../helpers/stored-image.ts';

const sample = { names: ['registry.example/app:v1'], layers: ['base'] };

it('a lock names each container image once: the store keeps it under one name', async () => {
  const image = await imageArtifactOf(sample);
  const again = { ...image, name: 'again', reference: 'registry.example/app:latest' };
  const text = formatArtifactLock({ artifacts: [image, again] });

  const error = await errorOf(async () => parseArtifactLock({ file: 'artifacts.lock.yaml', text }));

  expect(error).toMatchObject({ code: 'ERR_LOCK_INVALID' });
  expect(error.details).toContain('is the same image as "app"');
  const other = { ...again, arm64Digest: `sha256:${'2'.repeat(64)}` };
  expect(
    parseArtifactLock({ file: 'x', text: formatArtifactLock({ artifacts: [image, other] }) }).artifacts,
  ).toHaveLength(2);
});
