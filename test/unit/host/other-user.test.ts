import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asUser, parsePasswd, pathsIn } from '../../../builder/host/other-user.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(`${tmpdir()}/hearth-other-user-`);
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe('pathsIn', () => {
  it('names links to folders but never what they lead to', async () => {
    const [tree, host] = [`${folder}/tree`, `${folder}/host`];
    await mkdir(`${tree}/etc/ssl`, { recursive: true });
    await mkdir(`${host}/certs`, { recursive: true });
    await writeFile(`${host}/certs/key`, 'of this host');
    await symlink(`${host}/certs`, `${tree}/etc/ssl/certs`);
    await symlink('ssl', `${tree}/etc/alias`);

    const paths: string[] = [];
    for await (const path of pathsIn(tree)) paths.push(path);

    expect(paths).toEqual(['', '/etc', '/etc/alias', '/etc/ssl', '/etc/ssl/certs']);
  });
});

describe('parsePasswd', () => {
  it('reads name, user id and group id', () => {
    expect(parsePasswd('anna:x:1001:1002:Anna,,,:/home/anna:/bin/sh\n')).toEqual({
      name: 'anna',
      uid: 1001,
      gid: 1002,
    });
  });

  it('knows that there is no such user', () => {
    expect(parsePasswd('')).toBeUndefined();
  });
});

describe('asUser', () => {
  it('drops all groups of the caller', () => {
    const anna = { name: 'anna', uid: 1001, gid: 1002, firstSubUid: 100_000, firstSubGid: 200_000 };

    expect(asUser(anna).join(' ')).toBe('setpriv --reuid=1001 --regid=1002 --clear-groups --');
  });

  it('adds nothing for the same user', () => {
    expect(asUser(undefined)).toEqual([]);
  });
});
