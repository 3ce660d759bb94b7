import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, open, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Header, pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ToolsTree } from '../../builder/host/tools-tree.ts';
import { compareImages, type ImageComparison } from '../../builder/image/compare.ts';
import { openExt4 } from '../../builder/image/compare-ext4.ts';
import { listExt4 } from '../../builder/image/compare-ext4-tree.ts';
import { writeExt4, writeFat } from '../../builder/image/file-systems.ts';
import { encodePartitionTable, fat32Type, linuxType } from '../../builder/image/partition-table.ts';
import { toolsForTests } from '../helpers/tools.ts';

type Entry = Partial<Header> & Pick<Header, 'name'>;

interface Content {
  readonly root: readonly (readonly [header: Entry, content?: string | Buffer])[];
  readonly boot: Readonly<Record<string, string>>;
  readonly hashSeed?: string;
  readonly diskId?: string;
}

const epochSeconds = 1_767_225_600;
const mebibyte = 1024 ** 2;
/** As small as FAT32 and the journal allow. */
const boot = { startBytes: 4 * mebibyte, sizeBytes: 36 * mebibyte };
const root = { startBytes: 40 * mebibyte, sizeBytes: 160 * mebibyte };
const longTarget = `/${'long/'.repeat(30)}end`;
const capability = '0100000200200000000000000000000000000000';
const xattr = {
  'LIBARCHIVE.xattr.security.capability': Buffer.from(capability, 'hex').toString('base64'),
};
/** Larger than one read, and not the same everywhere. */
const big = Buffer.alloc(5 << 20, 'something that is repeated ');

const plain: Content = {
  root: [
    [{ name: 'etc', type: 'directory' }],
    [{ name: 'etc/hosts', mode: 0o640, uid: 0, gid: 42 }, '127.0.0.1 localhost\n'],
    [{ name: 'etc/text' }, 'one\ntwo\nthree\n'],
    [{ name: 'etc/owned', uid: 70_000, gid: 80_000 }, ''],
    [{ name: 'etc/short', type: 'symlink', linkname: 'hosts' }],
    [{ name: 'etc/long', type: 'symlink', linkname: longTarget }],
    [{ name: 'etc/same', type: 'link', linkname: 'etc/text' }],
    [{ name: 'bin', type: 'directory' }],
    [{ name: 'bin/capable', mode: 0o755, pax: xattr }, 'x'],
    [{ name: 'big' }, big],
    [{ name: 'null', type: 'character-device', devmajor: 1, devminor: 3 }],
    // More names than one block of a folder holds.
    [{ name: 'many', type: 'directory' }],
    ...Array.from(
      { length: 300 },
      (_, index) => [{ name: `many/a file with a long name ${index}` }, `${index}`] as const,
    ),
  ],
  boot: { 'cmdline.txt': 'console=tty1 root=PARTUUID=1\n', 'config.txt': 'arm_64bit=1\n' },
};

/** Other facts and contents of some files. */
const changes: Readonly<Record<string, readonly [Partial<Header>, content?: string]>> = {
  'etc/hosts': [{ mode: 0o600 }, '127.0.0.1 locally\n'],
  'etc/owned': [{ uid: 70_001 }],
  'etc/short': [{ linkname: 'host' }],
  'bin/capable': [{ pax: {} }],
  many: [{ mtime: new Date(0) }],
};

const changed: Content = {
  root: [
    ...plain.root.map(([header, content]): Content['root'][number] => {
      const [facts, text] = changes[header.name] ?? [{}];
      return [{ ...header, ...facts }, text ?? content ?? ''];
    }),
    [{ name: 'many/new' }, ''],
  ],
  boot: { ...plain.boot, 'cmdline.txt': 'console=tty1\n' },
};

let tools: ToolsTree;
let folder: string;
let reference: string;
let counter = 0;

async function makeImage(content: Content): Promise<string> {
  counter += 1;
  const scratch = `${folder}/${counter}`;
  await mkdir(`${scratch}/boot`, { recursive: true });
  const tar = pack();
  for (const [header, text] of content.root) {
    tar.entry({ mtime: new Date((epochSeconds - 60) * 1000), ...header }, text ?? '');
  }
  tar.finalize();
  await pipeline(Readable.from(tar), createWriteStream(`${scratch}/root.tar`));
  for (const [name, text] of Object.entries(content.boot)) {
    await writeFile(`${scratch}/boot/${name}`, text);
    await utimes(`${scratch}/boot/${name}`, epochSeconds, epochSeconds);
  }
  const image = `${scratch}/test.img`;
  const file = await open(image, 'w');
  await file.truncate(root.startBytes + root.sizeBytes);
  const partitions = [
    { number: 1, type: fat32Type, ...boot },
    { number: 2, type: linuxType, ...root },
  ];
  await file.write(encodePartitionTable({ diskId: content.diskId ?? '12345678', partitions }), 0);
  await file.close();
  const target = { tools, image, folder: scratch, epochSeconds };
  await writeFat(
    { ...target, ...boot },
    { source: `${scratch}/boot`, volumeId: 'ABCD1234', label: 'bootfs' },
  );
  await writeExt4(
    { ...target, ...root },
    {
      tar: createReadStream(`${scratch}/root.tar`),
      uuid: '00000000-1111-2222-3333-444444444444',
      hashSeed: content.hashSeed ?? '00000000-1111-2222-3333-555555555555',
    },
  );
  return image;
}

/** The reference against an image of this content. */
async function compared(content: Content): Promise<ImageComparison> {
  const image = await makeImage(content);
  const scratchDir = `${folder}/scratch-${counter}`;
  const result = await compareImages({ tools, a: reference, b: image, scratchDir });
  await rm(image);
  return result;
}

beforeAll(async () => {
  tools = await toolsForTests();
  folder = await mkdtemp(`${tmpdir()}/hearth-compare-`);
  reference = await makeImage(plain);
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('listExt4', () => {
  it('reads back every kind of file that mke2fs wrote', async () => {
    await using file = await open(reference);
    const files = listExt4(openExt4(file.fd, root.startBytes));
    const facts = (path: string) => files.get(path)?.facts;

    expect(files.size).toBe(plain.root.length + 2); // the root folder and lost+found
    expect(facts('/')).toMatchObject({ type: 'folder', mode: '0755', owner: '0:0' });
    expect(facts('/etc/hosts')).toMatchObject({ type: 'file', mode: '0640', owner: '0:42' });
    expect(facts('/etc/hosts')?.['mtime']).toBe('2025-12-31T23:59:00Z');
    expect(facts('/etc/owned')?.['owner']).toBe('70000:80000');
    expect(facts('/etc/short')).toMatchObject({ type: 'symbolic link', 'link target': 'hosts' });
    expect(facts('/etc/long')?.['link target']).toBe(longTarget);
    expect(facts('/etc/same')).toMatchObject({ type: 'file', 'hard links': '2' });
    expect(facts('/null')).toMatchObject({ type: 'character device' });
    expect(facts('/bin/capable')?.['xattr security.capability']).toBe(capability);
    const content = files.get('/big');
    expect(content?.read?.(0, content.sizeBytes).equals(big)).toBe(true);
    expect(content?.read?.(1_000_001, 10).equals(big.subarray(1_000_001, 1_000_011))).toBe(true);
  });
});

describe('compareImages', () => {
  it('finds two images from the same files identical', async () => {
    const { isIdentical, files, regions, sha256 } = await compared(plain);

    expect({ isIdentical, files, regions }).toEqual({ isIdentical: true, files: [], regions: [] });
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('names all files that differ and says how', async () => {
    const { files } = await compared(changed);

    const fact = (name: string, a: string, b: string) => ({ what: 'fact', name, a, b });
    expect(Object.fromEntries(files.map((file) => [file.path, file.changes]))).toEqual({
      '/boot/firmware/cmdline.txt': [
        {
          what: 'content',
          offsetBytes: 12,
          sizesBytes: [29, 13],
          line: { number: 1, a: 'console=tty1 root=PARTUUID=1', b: 'console=tty1' },
        },
      ],
      '/many/new': [{ what: 'missing in A' }],
      '/etc/hosts': [
        {
          what: 'content',
          offsetBytes: 15,
          sizesBytes: [20, 18],
          line: { number: 1, a: '127.0.0.1 localhost', b: '127.0.0.1 locally' },
        },
        fact('mode', '0640', '0600'),
      ],
      '/etc/owned': [fact('owner', '70000:80000', '70001:80000')],
      '/etc/short': [fact('link target', 'hosts', 'host')],
      '/bin/capable': [fact('xattr security.capability', capability, 'none')],
      '/many': [fact('mtime', '2025-12-31T23:59:00Z', '1970-01-01T00:00:00Z')],
    });
  });

  it('shows another disk id', async () => {
    const { tables, files } = await compared({ ...plain, diskId: '87654321' });

    expect(files).toEqual([]);
    expect(tables?.a).toContain('disk id 12345678');
    expect(tables?.b).toContain('disk id 87654321');
  });

  it('names parts of the disk where no file differs', async () => {
    const { files, regions } = await compared({ ...plain, hashSeed: '99999999-1111-2222-3333-555555555555' });

    expect(files).toEqual([]);
    expect(regions[0]?.name).toBe('superblock');
    expect(regions[0]?.startBytes).toBe(root.startBytes);
    for (const { name } of regions) expect(name).toMatch(/^superblock|^free space/);
  });
});
