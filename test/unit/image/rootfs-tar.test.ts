import { createWriteStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { extract, type Header, pack } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import {
  canonicalHeader,
  type SplitOptions,
  type SplitTree,
  splitTree,
} from '../../../builder/image/rootfs-tar.ts';
import { errorOf } from '../../helpers/error-of.ts';
import { fileTree } from '../../helpers/file-tree.ts';

const epochSeconds = 1_700_000_000;

type Entry = Partial<Header> & { readonly name: string; readonly text?: string };

function folder(name: string): Entry {
  return { name, type: 'directory', mode: 0o755 };
}

function file(name: string, text = 'x'): Entry {
  return { name, text };
}

interface Split extends SplitTree {
  /** Entries of the root partition's tar: header and text. */
  readonly entries: readonly { readonly header: Header; readonly text: string }[];
  readonly names: readonly string[];
  readonly bootFolder: string;
}

async function split(entries: readonly Entry[], additions: SplitOptions['additions'] = {}): Promise<Split> {
  const scratch = await fileTree({ 'boot/': '' });
  const source = pack();
  for (const { text, ...header } of entries) source.entry(header, text ?? '');
  source.finalize();
  const bootFolder = `${scratch}/boot`;
  const rootTar = `${scratch}/rootfs.tar`;
  const tree = await splitTree({
    source: Readable.from(source),
    rootTar: createWriteStream(rootTar),
    bootFolder,
    epochSeconds,
    additions,
  });
  const written = await readTar(await readFile(rootTar));
  return { ...tree, bootFolder, entries: written, names: written.map(({ header }) => header.name) };
}

async function readTar(bytes: Buffer): Promise<Split['entries'][number][]> {
  const input = extract();
  input.end(bytes);
  const entries: Split['entries'][number][] = [];
  for await (const entry of input) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of entry) chunks.push(chunk as Uint8Array);
    entries.push({ header: entry.header, text: Buffer.concat(chunks).toString() });
  }
  return entries;
}

describe('splitTree', () => {
  it('keeps files, folders, links, devices and their order', async () => {
    const { names, entries } = await split([
      folder('./'),
      folder('./etc/'),
      file('./etc/hostname', 'hearth\n'),
      { name: './etc/localtime', type: 'symlink', linkname: './usr/share/zoneinfo/UTC' },
      { name: './etc/hard', type: 'link', linkname: './etc/hostname' },
      { name: './srv/null', type: 'character-device', devmajor: 1, devminor: 3 },
    ]);

    expect(names).toEqual(['.', 'etc/', 'etc/hostname', 'etc/localtime', 'etc/hard', 'srv/null']);
    expect(entries[2]?.text).toBe('hearth\n');
    expect(entries[3]?.header.linkname).toBe('./usr/share/zoneinfo/UTC');
    expect(entries[4]?.header.linkname).toBe('etc/hostname');
    expect(entries[5]?.header).toMatchObject({ devmajor: 1, devminor: 3 });
  });

  it.each([
    ...['.hearth-build/usr/bin/sh', 'dev/null', 'run/lock/a', 'tmp/a', 'var/tmp/a', 'proc/1', 'sys/a'],
    ...['var/cache/apt/pkgcache.bin', 'var/cache/apt/archives/a.deb', 'var/lib/apt/lists/a_Packages'],
    ...['var/cache/ldconfig/aux-cache', 'var/cache/debconf/config.dat-old', 'var/lib/dpkg/status-old'],
    ...['var/lib/dpkg/lock-frontend', 'etc/passwd-', 'etc/gshadow-', 'etc/subuid-', 'etc/.pwd.lock'],
    ...['etc/ssh/ssh_host_ed25519_key', 'etc/ssh/ssh_host_rsa_key.pub', 'var/lib/systemd/random-seed'],
    ...['var/lib/systemd/credential.secret', 'var/lib/dbus/machine-id', 'root/.bash_history'],
    ...['var/log/dpkg.log', 'var/log/apt/history.log'],
  ])('drops %s', async (name) => {
    expect((await split([file(`./${name}`)])).names).toEqual([]);
  });

  it.each([
    ...['etc/passwd', 'etc/ssh/sshd_config', 'root/.bashrc', 'usr/tmp/a', 'opt/dev/null', 'etc/machine-id'],
    ...['var/lib/dpkg/info/a.list', 'var/cache/debconf/config.dat', 'srv/run/a', 'home/a/.bash_history'],
  ])('keeps %s', async (name) => {
    expect((await split([file(`./${name}`)])).names).toEqual([name]);
  });

  it('keeps the folders whose contents it drops', async () => {
    const folders = [
      'dev/',
      'tmp/',
      'run/',
      'var/lib/apt/lists/',
      'var/log/',
      'var/log/apt/',
      'boot/firmware/',
    ];

    expect((await split(folders.map((name) => folder(`./${name}`)))).names).toEqual(folders);
  });

  it('puts what lies in boot/firmware into a folder of its own, with clamped times', async () => {
    const { names, bootFiles, bootFolder } = await split([
      folder('./boot/firmware/'),
      { ...file('./boot/firmware/kernel8.img', 'kernel'), mtime: new Date(2_000_000_000_000) },
      folder('./boot/firmware/overlays/'),
      { ...file('./boot/firmware/overlays/a.dtbo'), mtime: new Date(1_600_000_000_000) },
      file('./boot/initrd.img'),
    ]);

    expect(names).toEqual(['boot/firmware/', 'boot/initrd.img']);
    expect(bootFiles).toEqual(['kernel8.img', 'overlays/a.dtbo']);
    expect(await readFile(`${bootFolder}/kernel8.img`, 'utf8')).toBe('kernel');
    expect((await stat(`${bootFolder}/kernel8.img`)).mtimeMs).toBe(epochSeconds * 1000);
    expect((await stat(`${bootFolder}/overlays/a.dtbo`)).mtimeMs).toBe(1_600_000_000_000);
    expect((await stat(`${bootFolder}/overlays`)).mtimeMs).toBe(epochSeconds * 1000);
  });

  it.each(['symlink', 'link'] as const)('refuses a %s on the boot partition', async (type) => {
    const entry = { name: './boot/firmware/a', type, linkname: 'b' };

    const error = await errorOf(async () => await split([entry]));

    expect(error.code).toBe('ERR_STEP_FAILED');
    expect(error.message).toBe('/boot/firmware/a can not be put on the boot partition.');
  });

  it('adds files and the folders above them that are not there', async () => {
    const { names, entries } = await split([folder('./'), folder('./usr/')], {
      'usr/lib/hearth/image.json': '{"é":1}',
    });

    expect(names).toEqual(['.', 'usr/', 'usr/lib', 'usr/lib/hearth', 'usr/lib/hearth/image.json']);
    expect(entries[4]).toMatchObject({ text: '{"é":1}', header: { mode: 0o644, uid: 0, gid: 0 } });
    expect(entries[2]?.header).toMatchObject({ mode: 0o755, mtime: new Date(epochSeconds * 1000) });
  });

  it('counts the blocks and inodes that ext4 needs', async () => {
    const { blocks, inodes } = await split(
      [
        folder('./'), // 1 block
        file('./empty', ''), // 0
        file('./one', 'x'.repeat(4096)), // 1
        file('./two', 'x'.repeat(4097)), // 2
        { name: './hard', type: 'link', linkname: './one' }, // neither
        { name: './short', type: 'symlink', linkname: 'a'.repeat(59) }, // 0
        { name: './long', type: 'symlink', linkname: 'a'.repeat(60) }, // 1
        file('./tmp/dropped', 'x'.repeat(9999)), // neither
        file('./boot/firmware/kernel8.img', 'x'.repeat(9999)), // neither
      ],
      { added: 'text' }, // 1
    );

    expect(blocks).toBe(6);
    expect(inodes).toBe(7);
  });

  it("hands out dpkg's status, which stays in the tree", async () => {
    const { dpkgStatus, entries } = await split([file('./var/lib/dpkg/status', 'Package: a\n')]);

    expect(dpkgStatus).toBe('Package: a\n');
    expect(entries[0]?.text).toBe('Package: a\n');
  });

  it('keeps extended attributes and drops other extended headers', async () => {
    const capability = 'AQAAAgAgAAAAAAAAAAAAAAAAAAA=';
    const pax = { 'LIBARCHIVE.xattr.security.capability': capability, atime: '1', 'SCHILY.fflags': 'x' };

    const { entries } = await split([{ ...file('./usr/bin/ping'), pax }]);

    const kept = entries[0]?.header.pax ?? {};
    expect(Object.keys(kept).filter((key) => key !== 'path')).toEqual([
      'LIBARCHIVE.xattr.security.capability',
    ]);
    expect(kept).toMatchObject({ 'LIBARCHIVE.xattr.security.capability': capability });
  });

  it('copies contents that are larger than its buffers', async () => {
    const text = 'hearth!\n'.repeat(1_000_000);

    const { entries } = await split([file('./big', text), file('./after', 'y')]);

    expect(entries[0]?.text === text).toBe(true);
    expect(entries[1]?.text).toBe('y');
  });

  it('gives the same bytes for the same tree', async () => {
    const tree = [folder('./'), { ...file('./a'), uname: 'root', mtime: new Date(2_000_000_000_000) }];
    const other = [folder('./'), { ...file('./a'), uname: 'me', mtime: new Date(2_000_000_001_000) }];
    const fresh = async (entries: readonly Entry[]) => JSON.stringify((await split(entries)).entries);

    expect(await fresh(other)).toBe(await fresh(tree));
  });
});

describe('canonicalHeader', () => {
  const latest = new Date(epochSeconds * 1000);
  const header = {
    name: './a',
    type: 'file',
    mode: 0o4755,
    uid: 5,
    gid: 6,
    uname: 'a',
    gname: 'b',
  } as Header;

  it('forgets names of owners, and keeps ids and modes', () => {
    expect(canonicalHeader(header, latest)).toEqual({
      ...{ name: 'a', type: 'file', mode: 0o4755, uid: 5, gid: 6, uname: '', gname: '' },
      mtime: latest,
    });
  });

  it.each([
    [epochSeconds - 1, epochSeconds - 1],
    [epochSeconds + 1, epochSeconds],
    [0, 0],
  ])('clamps the time %d to %d', (given, kept) => {
    expect(canonicalHeader({ ...header, mtime: new Date(given * 1000) }, latest).mtime).toEqual(
      new Date(kept * 1000),
    );
  });

  it.each([
    ['./', '.'],
    ['.', '.'],
    ['./usr/', 'usr/'],
    ['usr/bin/sh', 'usr/bin/sh'],
    ['./.hidden', '.hidden'],
    ['.hidden', '.hidden'],
    ['..data', '..data'],
  ])('writes the path %s as %s', (given, plain) => {
    expect(canonicalHeader({ ...header, name: given }, latest).name).toBe(plain);
  });

  it('leaves the target of a symbolic link alone, and makes that of a hard link plain', () => {
    const link = { ...header, linkname: './b' };

    expect(canonicalHeader({ ...link, type: 'symlink' }, latest).linkname).toBe('./b');
    expect(canonicalHeader({ ...link, type: 'link' }, latest).linkname).toBe('b');
  });
});
