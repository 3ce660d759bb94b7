import { describe, expect, it } from 'vitest';
import { wifiTopic } from '../../../../stages/20-system/setup/wifi-topic.ts';
import { mergeValues } from '../../../../stages/90-first-boot/agent/keeper/merge-values.ts';

describe('mergeValues', () => {
  const kept = { country: 'DE', network: 'attic', password: 'a long secret' };

  it('keeps the secret of the same network when the form does not have it', () => {
    const merged = mergeValues(wifiTopic, { country: 'AT', network: 'attic' }, kept);

    expect(merged).toEqual({ country: 'AT', network: 'attic', password: 'a long secret' });
  });

  it('forgets the secret of another network', () => {
    const merged = mergeValues(wifiTopic, { country: 'DE', network: 'cafe' }, kept);

    expect(merged).toEqual({ country: 'DE', network: 'cafe' });
  });
});
