import { randomBytes } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { stringify } from 'yaml';
import type { AptPackageArtifact, Artifact } from '../../builder/artifacts/artifact.ts';
import { readArtifactLock, writeArtifactLock } from '../../builder/artifacts/lock-file.ts';
import { runProcess } from '../../builder/host/process.ts';
import type { PlexRepository } from '../understudies/plex-repository.ts';
import type { PlexTv } from '../understudies/plex-tv.ts';
import { understudyProgram } from '../understudies/program.ts';
import { mastodonImages } from './mastodon-images.ts';
import { dockerFiles, type SampleImage, sha256, writeArchive, zstdOf } from './sample-images.ts';
import { imageArtifactOf, mirrorImage, putImage } from './stored-image.ts';

const repository = resolve(import.meta.dirname, '../..');
const cacheDir = resolve(process.env['HEARTH_CACHE_DIR'] ?? `${homedir()}/.cache/hearth`);
const mebibyte = 1024 ** 2;
const copied = ['stages', 'overlays', 'config.yaml', 'package.json', 'package-lock.json'];
/** Container images as k3s publishes them: those that the cluster uses, and one that is off. */
const clusterImages = [
  'mirrored-pause:3.10.2',
  'mirrored-coredns-coredns:1.14.6',
  'mirrored-library-traefik:3.7.8',
];

/** Real parts come from their makers, and nobody claims a Plex or opens a tunnel with them. */
export const arePartsReal = process.env['HEARTH_PARTS'] === 'real';

/** Plex's repository and accounts. */
export interface PlexMakers {
  readonly repository: PlexRepository;
  readonly accounts: PlexTv;
}

/**
 * This project with another lock: its artifacts are understudies, which only a mirror has. With HEARTH_PARTS=real the lock
 * stays as it is, and the real ones come from their makers.
 */
export interface UnderstudyProject {
  readonly path: string;
  /** The mirror's folder: `sha256/HEX`. */
  readonly mirror: string;
  readonly artifacts: readonly Artifact[];
  /** Builds it with these mirrors; gives the path of the image. */
  readonly build: (edition: 'slim' | 'full', mirrors: readonly string[]) => Promise<string>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function understudyProject(plex: PlexMakers): Promise<UnderstudyProject> {
  const path = await mkdtemp(`${tmpdir()}/hearth-understudy-`);
  for (const name of copied) await cp(`${repository}/${name}`, `${path}/${name}`, { recursive: true });
  for (const name of ['builder', 'node_modules']) await symlink(`${repository}/${name}`, `${path}/${name}`);
  const mirror = `${path}/mirror`;
  await mkdir(`${mirror}/sha256`, { recursive: true });
  const { artifacts } = await readArtifactLock(`${repository}/artifacts.lock.yaml`);
  const used = arePartsReal ? artifacts : await replaced(artifacts, { plex, scratch: path, mirror });
  await writeArtifactLock(`${path}/artifacts.lock.yaml`, { artifacts: used });
  return {
    ...{ path, mirror, artifacts: used },
    build: async (edition, mirrors) => await build(path, edition, { mirrors, plex }),
    [Symbol.asyncDispose]: async () => await rm(path, { recursive: true, force: true }),
  };
}

/** An address of this computer's loopback, for a guest of QEMU's user network. */
export function fromGuest(url: string): string {
  return url.replace('//127.0.0.1:', '//10.0.2.2:');
}

interface Replacement {
  readonly plex: PlexMakers;
  readonly scratch: string;
  readonly mirror: string;
}

/** The lock with the understudies' sizes and digests; their makers' addresses lead nowhere. */
async function replaced(
  artifacts: readonly Artifact[],
  { plex, scratch, mirror }: Replacement,
): Promise<readonly Artifact[]> {
  const parts = new Map<string, Uint8Array>([
    ['k3s', await understudyProgram('k3s')],
    ['k3s-images', await clusterArchive(scratch)],
    ['cloudflared', await understudyProgram('cloudflared')],
  ]);
  const images = await mastodonImages();
  const containers = new Map<string, SampleImage>([
    ['mastodon', images.web],
    ['mastodon-streaming', images.streaming],
  ]);
  return await Promise.all(
    artifacts.map(async (artifact) => {
      if (artifact.kind === 'apt-package') return fromUnderstudy(artifact, plex);
      const image = containers.get(artifact.name);
      if (image !== undefined) return await pinned(artifact, image, mirror);
      const content = parts.get(artifact.name);
      if (artifact.kind !== 'file' || content === undefined) return artifact;
      const hex = sha256(Buffer.from(content));
      await writeFile(`${mirror}/sha256/${hex}`, content);
      const url = `http://127.0.0.1:9/${artifact.name}`;
      return {
        ...artifact,
        url,
        sizeBytes: content.length,
        sha256: hex,
        source: 'an understudy of the tests',
      };
    }),
  );
}

/** A container image that a build takes from the store, and a device by its parts from the mirror. */
async function pinned(artifact: Artifact, image: SampleImage, mirror: string): Promise<Artifact> {
  const { name, licence, mayBePublished } = artifact;
  await mirrorImage(mirror, image);
  await putImage(cacheDir, image);
  return await imageArtifactOf(image, {
    ...{ name, licence, mayBePublished },
    source: 'an understudy of the tests',
  });
}

function fromUnderstudy(artifact: AptPackageArtifact, { repository }: PlexMakers): Artifact {
  const { url, keyUrl, fingerprint } = repository;
  const { file: _file, ...rest } = artifact;
  return { ...rest, repository: fromGuest(url), keyUrl: fromGuest(keyUrl), keyFingerprint: fingerprint };
}

async function clusterArchive(scratch: string): Promise<Uint8Array> {
  const images = clusterImages.map((name) => ({
    names: [`docker.io/rancher/${name}`],
    // Large enough to be cut off on its way, and of a kind that packing does not make small.
    layers: [
      name.includes('coredns') ? randomBytes(24 * mebibyte).toString('base64') : `the layer of ${name}`,
    ],
  }));
  return await readFile(await zstdOf(await writeArchive(scratch, await dockerFiles(images))));
}

async function build(
  path: string,
  edition: string,
  { mirrors, plex }: { readonly mirrors: readonly string[]; readonly plex: PlexMakers },
): Promise<string> {
  const config = await readFile(`${repository}/config.yaml`, 'utf8');
  const own = { artifacts: { mirrors }, plex: { accounts: fromGuest(plex.accounts.url) } };
  await writeFile(`${path}/config.yaml`, arePartsReal ? config : `${config}\n${stringify(own)}`);
  const loader = `${repository}/node_modules/tsx/dist/loader.mjs`;
  const command = [
    'node',
    '--import',
    loader,
    `${repository}/builder/main.ts`,
    'build',
    '--edition',
    edition,
  ];
  const env = { ...process.env, HEARTH_PROJECT_DIR: path, HEARTH_OUT_DIR: `${path}/dist`, CI: '1' };
  const { exitCode, stdout, stderr } = await runProcess(command, { env, cwd: path });
  if (exitCode !== 0) throw new Error(`the ${edition} edition could not be built:\n${stderr}`);
  return stdout.trim().split('\n').at(-1) ?? '';
}
