import { describe, expect, it } from 'vitest';
import { chooseHostPorts } from '../../../builder/vm/free-ports.ts';

describe('chooseHostPorts', () => {
  it('gives different free ports, and keeps those that are wanted', async () => {
    const forwards = await chooseHostPorts([
      { guestPort: 80 },
      { guestPort: 445 },
      { guestPort: 22, hostPort: 2222 },
    ]);

    expect(new Set(forwards.map(({ hostPort }) => hostPort)).size).toBe(3);
    expect(forwards.map(({ guestPort }) => guestPort).sort()).toEqual([22, 445, 80]);
    expect(forwards).toContainEqual({ guestPort: 22, hostPort: 2222 });
  });
});
