import { describe, expect, it } from 'vitest';
import { currentIdentity, identityOf } from '../../../builder/host/identity.ts';
import { sampleAccount } from '../../helpers/sample-host.ts';

describe('identityOf', () => {
  it('makes an ordinary user root, and his subordinate ids the others', () => {
    expect(identityOf(sampleAccount())).toMatchObject({
      isRoot: false,
      uidMap: '0 1000 1\n1 100000 65535\n',
      gidMap: '0 1000 1\n1 100000 65535\n',
    });
  });

  it('maps the ids that root of a container has, no more', () => {
    const ids = [
      { start: 0, count: 1 },
      { start: 1, count: 65_536 },
    ];

    expect(identityOf(sampleAccount({ uid: 0, ownUids: ids, ownGids: ids }))).toMatchObject({
      isRoot: true,
      uidMap: '0 0 1\n1 1 65536\n',
      gidMap: '0 0 1\n1 1 65536\n',
    });
  });

  it.each(['uids', 'gids'] as const)('refuses a user without %s', (missing) => {
    expect(() => identityOf(sampleAccount({ [missing]: undefined }))).toThrow(
      'The user anna has no subordinate ids.',
    );
  });
});

describe('currentIdentity', () => {
  it.runIf(process.getuid?.() === 0)('maps every id of root to itself', async () => {
    expect(await currentIdentity()).toMatchObject({ isRoot: true, uidMap: '0 0 4294967295\n' });
  });
});
