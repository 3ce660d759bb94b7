import { describe, expect, it } from 'vitest';
import { hasNamespacedBinfmt } from '../../../builder/host/preflight.ts';

describe('hasNamespacedBinfmt', () => {
  it.each(['6.7', '6.7.0-rc1', '6.12.43+deb13-amd64', '6.18.5', '7.0.0', '10.1'])(
    'is so with Linux %s',
    (release) => {
      expect(hasNamespacedBinfmt(release)).toBe(true);
    },
  );

  it.each(['6.6.99', '6.1.0-40-amd64', '5.15.0-1-generic', '4.19', '6', ''])(
    'is not so with Linux %s',
    (release) => {
      expect(hasNamespacedBinfmt(release)).toBe(false);
    },
  );
});
