import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { HearthError } from '../../../builder/errors/hearth-error.ts';
import { diskFullError, explainFullDisk, fullnessIn } from '../../../builder/host/disk-full.ts';
import { runProcess } from '../../../builder/host/process.ts';
import { fileTree } from '../../helpers/file-tree.ts';

function nodeError(code: string, message: string): Error {
  return Object.assign(new Error(`${code}: ${message}`), { code });
}

describe('fullnessIn', () => {
  it.each([
    ['an error of Node', nodeError('ENOSPC', 'no space left on device, write')],
    ['a quota', nodeError('EDQUOT', 'disk quota exceeded, write')],
    ['a path with misleading words', nodeError('ENOSPC', "write '/home/a/clone/namespace/inotify'")],
    ['a cause', new Error('outer', { cause: new Error('middle', { cause: nodeError('ENOSPC', 'write') }) })],
    ['one of several', new AggregateError([new Error('a'), nodeError('ENOSPC', 'write')])],
    [
      'an error of ours about a program',
      new HearthError('ERR_COMMAND_FAILED', {
        what: 'tar failed.',
        details: 'tar: x: Cannot write: No space left on device',
      }),
    ],
    ['the output of zstd', 'zstd: error 70 : Write error : cannot write block : No space left on device'],
    ['lines of dpkg', ['Unpacking x …', ' failed to write (No space left on device)', 'E: Sub-process']],
    ['lines of a quota', ['tar: x: Cannot write: Disk quota exceeded']],
    ['what apt says before it begins', ["E: You don't have enough free space in /var/cache/apt/archives/."]],
  ])('sees it in %s', (_what, failure) => {
    expect(fullnessIn(failure)).toMatch(/space|quota|ENOSPC/i);
  });

  it.each([
    ['another error of Node', nodeError('EACCES', 'permission denied')],
    ['too many watched files', nodeError('ENOSPC', 'System limit for number of file watchers reached')],
    ['too many namespaces', ['unshare: unshare failed: No space left on device']],
    ['an image that is too small', ['mke2fs: Could not allocate block in ext2 filesystem']],
    ['nothing', undefined],
    ['an error of ours without more', new HearthError('ERR_COMMAND_FAILED', { what: 'tar failed.' })],
  ])('does not see it in %s', (_what, failure) => {
    expect(fullnessIn(failure)).toBeUndefined();
  });
});

describe('explainFullDisk', () => {
  const mount = { mountPoint: '/home', type: 'ext4', isNoexec: false, isNosuid: false };

  it('names the path, its file system and what is free', () => {
    const error = explainFullDisk('ENOSPC: no space left on device, write', {
      path: '/home/anna/.cache/hearth',
      mount,
      freeBytes: 4096,
      freeInodes: 10,
    });

    expect(error).toMatchObject({
      code: 'ERR_DISK_FULL',
      exitCode: 3,
      message: 'The disk of /home/anna/.cache/hearth is full.',
      why: '/home/anna/.cache/hearth lies on /home (ext4), which has 4 KiB free now. The message was: ENOSPC: no space left on device, write',
      todo: expect.stringContaining('scripts/hearth clean --stages'),
      state: expect.stringContaining('Finished steps are kept'),
    });
  });

  it('tells of inodes, and of a quota', () => {
    const facts = { path: '/home/a', mount, freeBytes: 9e12, freeInodes: 0 };

    expect(explainFullDisk('No space left on device', facts).why).toContain('no inode free for another file');
    expect(explainFullDisk('Disk quota exceeded', facts).message).toBe(
      'Your quota of /home (ext4) is used up.',
    );
  });

  it('says why much may be free by now', () => {
    const facts = { path: '/home/a', mount, freeBytes: 9e12, freeInodes: undefined };

    expect(explainFullDisk('No space left on device', facts).why).toContain('a step filled its /tmp');
  });
});

describe('diskFullError', () => {
  it('knows a disk that is really full', async () => {
    const folder = await fileTree();
    const { stderr } = await runProcess(['dd', 'if=/dev/zero', 'of=/dev/full', 'bs=1k', 'count=1'], {
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' },
    });

    const error = await diskFullError(stderr, folder);

    expect(error?.message).toBe(`The disk of ${folder} is full.`);
    expect(error?.why).toMatch(/lies on \S+ \(\w+\), which has .* free/);
  });

  it('knows what Node says of it', async () => {
    const folder = await fileTree();
    const failure: unknown = await writeFile('/dev/full', 'x').catch((error: unknown) => error);

    expect(await diskFullError(failure, `${folder}/not/made/yet`)).toMatchObject({
      code: 'ERR_DISK_FULL',
      cause: failure,
    });
  });

  it('leaves other errors alone', async () => {
    expect(await diskFullError(new Error('other'), '/')).toBeUndefined();
  });
});
