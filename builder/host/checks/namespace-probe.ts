import { mkdtemp, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import { giveIds, waitForIds } from '../id-map.ts';
import type { Identity } from '../identity.ts';
import { workFolderName } from '../ownership.ts';
import { startProcess } from '../process.ts';
import type { FolderAbilities } from './folder-problems.ts';

/** How far the probe came. */
export type ProbeResult =
  | { readonly failed?: undefined; readonly abilities: FolderAbilities | undefined }
  | ProbeFailure;

export interface ProbeFailure {
  /** The first thing that was refused; 'folder': no folder could be made in the one to try. */
  readonly failed: 'namespace' | 'id-map' | 'mounts' | 'folder';
  readonly stderr: string;
}

export interface ProbeOptions {
  /** undefined: with our own id only, to see whether there is more than the missing ids. */
  readonly identity: Identity | undefined;
  /** A folder that can be written to, in which sample files are made and removed; undefined to leave that out. */
  readonly folder: string | undefined;
}

const script = `${import.meta.dirname}/namespace-probe.sh`;
const enterSecond = ['unshare', '--mount', '--', 'sh', script] as const;

/**
 * Makes a user namespace as the sandbox does and tries mounts and sample files in it, because no list of settings tells
 * for sure whether a kernel with its security modules allows that. Takes about 30 ms. Changes nothing that lasts.
 */
export async function probeNamespace(options: ProbeOptions): Promise<ProbeResult> {
  // A place for the mounts, which nobody outside sees.
  const emptyFolder = await mkdtemp(`${tmpdir()}/hearth-probe-`);
  try {
    return await probeWith(emptyFolder, options);
  } finally {
    await rmdir(emptyFolder);
  }
}

/** What the probe's output means. */
export function readProbe(stdout: string, stderr: string, hasFolder: boolean): ProbeResult {
  const did = new Set([...stdout.matchAll(/^did (\w+)$/gm)].map((match) => match[1]));
  if (!did.has('mounts')) {
    return { failed: /^unshare: /m.test(stderr) ? 'namespace' : 'mounts', stderr };
  }
  if (!hasFolder) return { abilities: undefined };
  if (!did.has('folder')) return { failed: 'folder', stderr };
  return {
    abilities: {
      owners: did.has('owners'),
      modes: did.has('modes'),
      symbolicLinks: did.has('symbolicLinks'),
      hardLinks: did.has('hardLinks'),
      letterCase: did.has('letterCase'),
      capabilities: did.has('capabilities'),
      programs: did.has('programs'),
    },
  };
}

const environment: Readonly<Record<string, string>> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C.UTF-8',
};

async function probeWith(emptyFolder: string, { identity, folder }: ProbeOptions): Promise<ProbeResult> {
  const args = [emptyFolder, ...(folder === undefined || !identity ? [] : [`${folder}/${workFolderName()}`])];
  const child = startProcess(
    identity
      ? ['unshare', '--user', 'sh', '-c', waitForIds, 'sh', ...enterSecond, ...args]
      : ['unshare', '--user', '--map-root-user', ...enterSecond, ...args],
    { cwd: '/', env: environment, controlPipe: true, input: await sampleTar() },
  );
  if (identity) {
    const refused = await giveIds(child, identity);
    if (refused) return refused;
  }
  const { stdout, stderr } = await child.exited;
  return readProbe(stdout, stderr, args.length > 1);
}

/** Files with everything that an image's files have. */
async function sampleTar(): Promise<Uint8Array> {
  const tar = pack();
  // cap_net_raw, as ping has it: version 2 of struct vfs_cap_data.
  const capability = '\x01\0\0\x02\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0';
  const program = { name: 'program', mode: 0o755, pax: { 'SCHILY.xattr.security.capability': capability } };
  tar.entry(program, '#!/bin/sh\n');
  tar.entry({ name: 'hard', type: 'link', linkname: 'program' });
  tar.entry({ name: 'symbolic', type: 'symlink', linkname: 'program' });
  tar.entry({ name: 'owner', uid: 1, gid: 65_534 }, '');
  tar.entry({ name: 'mode', mode: 0o4750 }, '');
  tar.entry({ name: 'case' }, 'small');
  tar.entry({ name: 'CASE' }, '');
  tar.finalize();
  return await buffer(tar);
}
