import { describe, expect, it } from 'vitest';
import { missingIds } from '../../../../builder/host/checks/missing-ids.ts';
import { sampleAccount } from '../../../helpers/sample-host.ts';

const none = { uids: undefined, gids: undefined };

describe('missingIds', () => {
  it('finds nothing for a user with both ranges', () => {
    expect(missingIds(sampleAccount())).toBeUndefined();
  });

  it('adds ids that no other user has', () => {
    const problem = missingIds(
      sampleAccount({
        ...none,
        subuid: 'bert:100000:65536\n',
        subgid: 'bert:100000:65536\nc:300000:65536\n',
      }),
    );

    expect(problem?.what).toBe(
      'The user anna has no subordinate ids: /etc/subuid gives none, /etc/subgid gives none.',
    );
    expect(problem?.todo).toBe('sudo usermod --add-subuids 365536-431071 --add-subgids 365536-431071 anna');
    expect(problem?.fix).toMatchObject({ kind: 'as-root', command: expect.arrayContaining(['usermod']) });
  });

  it('adds only what is missing', () => {
    const problem = missingIds(sampleAccount({ gids: undefined, subgid: '' }));

    expect(problem?.what).toContain('has no subordinate ids: /etc/subgid gives none.');
    expect(problem?.todo).toBe('sudo usermod --add-subgids 165536-231071 anna');
  });

  it('says how small a range is that is too small', () => {
    const problem = missingIds(sampleAccount({ uids: undefined, subuid: 'anna:100000:1000\n' }));

    expect(problem?.what).toContain(
      'has too few subordinate ids: /etc/subuid gives only 1,000 at a stretch.',
    );
  });

  it('writes the files where usermod does not know the user', () => {
    const problem = missingIds(
      sampleAccount({ ...none, isLocal: false, username: 'DOM\\anna', subuid: '', subgid: '' }),
    );

    expect(problem?.todo).toBe("sudo sh -c 'echo 1000:100000:65536 | tee -a /etc/subuid /etc/subgid'");
  });

  it('does not send to /etc/subuid where a service gives the ids', () => {
    const problem = missingIds(sampleAccount({ ...none, idService: 'sss' }));

    expect(problem?.what).toContain('in the service "sss"');
    expect(problem?.todo).toMatch(/^ipa subid-generate --owner anna/);
    expect(problem?.fix).toBeUndefined();
  });

  it('lets root of a machine, and root of a container with enough ids, build', () => {
    expect(missingIds(sampleAccount({ uid: 0, ...none }))).toBeUndefined();
    const podman = [
      { start: 0, count: 1 },
      { start: 1, count: 65_536 },
    ];
    expect(missingIds(sampleAccount({ uid: 0, ...none, ownUids: podman, ownGids: podman }))).toBeUndefined();
  });

  it('tells root of a user namespace with one id', () => {
    const one = [{ start: 0, count: 1 }];
    const problem = missingIds(sampleAccount({ uid: 0, ...none, ownUids: one, ownGids: one }));

    expect(problem?.what).toContain('has 1 of the 65,536 ids');
  });
});
