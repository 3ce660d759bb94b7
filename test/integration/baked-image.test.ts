import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import type { ContainerImageArtifact } from '../../builder/artifacts/artifact.ts';
import { examineImageArchive } from '../../builder/artifacts/check-archive.ts';
import { formatArtifactLock } from '../../builder/artifacts/lock-file.ts';
import { runInSandbox } from '../../builder/host/sandbox.ts';
import { readPartitionTable } from '../../builder/image/partition-table.ts';
import { TestProject } from '../helpers/project.ts';
import { Registry } from '../helpers/registry.ts';
import type { SampleImage } from '../helpers/sample-images.ts';
import { OwnCache, smallBuild, stepsRun, warm } from '../helpers/small-build.ts';
import { toolsForTests } from '../helpers/tools.ts';

const images: SampleImage[] = [
  { names: [], layers: ['base', 'for a PC'], architecture: 'amd64' },
  { names: [], layers: ['base', 'for a Raspberry Pi'] },
];

let registry: Registry;
let cache: OwnCache;
let project: TestProject;
let artifact: ContainerImageArtifact;
let place: string;

beforeAll(async () => {
  cache = await OwnCache.of(await smallBuild(), warm);
  registry = await Registry.start();
  project = await TestProject.inCache('small-project', cache.path);
  const pushed = await registry.push('sample/app:v1', images);
  const { reference, indexDigest, digests } = pushed;
  artifact = {
    ...{ kind: 'container-image', name: 'app', reference, indexDigest, arm64Digest: digests[1] ?? '' },
    ...{ licence: 'MIT', mayBePublished: true, source: 'a test' },
  };
  place = `/var/lib/images/10-app-${artifact.arm64Digest.slice(7, 19)}.tar.zst`;
  await project.write('artifacts.lock.yaml', formatArtifactLock({ artifacts: [artifact] }));
  await project.write('config.yaml', `${await project.read('config.yaml')}\nedition: full\n`);
  const stage = {
    summary: 'The last stage, with a container image.',
    artifacts: [{ name: 'app', path: '/var/lib/images/10-app-@DIGEST@.tar.zst' }],
  };
  await project.write('stages/20-end/stage.ts', `export const stage = ${JSON.stringify(stage)};\n`);
});

afterAll(async () => {
  await registry?.stop();
  await project?.[Symbol.asyncDispose]();
  await cache?.[Symbol.asyncDispose]();
});

it('a build without a network names the container image that it lacks', async () => {
  const { exitCode, stderr } = await project.hearth('build', '--offline');

  expect(exitCode).toBe(4);
  expect(stderr).toContain('1 artifact is not in the store, and nothing is fetched offline.');
  expect(stderr).toContain(`app (${artifact.reference}): missing`);
  expect(stepsRun({ stderr })).toEqual([]);
});

it('a build copies it from its registry and lays it into the image, where k3s can import it', async () => {
  const { exitCode, stderr } = await project.hearth('build');

  expect(stderr).toContain(`copying ${artifact.reference} from its registry`);
  expect(exitCode).toBe(0);
  const { problems, archive } = await examineImageArchive(await dumped(place), {
    tools: await toolsForTests(),
  });
  expect(problems).toEqual([]);
  expect(archive?.images.map(({ names, platform }) => ({ names, platform }))).toEqual([
    { names: [artifact.reference], platform: 'linux/arm64' },
  ]);
  const inspected = await project.hearth('inspect', 'dist/small.img');
  expect(inspected.stdout).toMatch(/Of others than Debian\n {2}app +\S+\/sample\/app:v1 +baked: /);
  expect(inspected.stdout).toContain(place);
});

it('goes to another machine with the rest of the store, where it is built without a registry', async () => {
  const before = await project.imageSha256('small');
  expect((await project.hearth('store', 'export', 'store.tar')).exitCode).toBe(0);
  await registry.stop();
  await using other = await OwnCache.of(await smallBuild(), warm);
  await using there = await TestProject.inCache('small-project', other.path);
  for (const file of ['artifacts.lock.yaml', 'config.yaml', 'stages/20-end/stage.ts'])
    await there.write(file, await project.read(file));

  expect((await there.hearth('fetch', '--offline')).exitCode).toBe(4);
  const imported = await there.hearth('store', 'import', `${project.path}/store.tar`);
  expect(imported.stderr).toContain(`app ${artifact.reference}`);
  expect((await there.hearth('fetch', '--offline')).stderr).toContain('and 1 container image, each checked');
  expect((await there.hearth('build', '--offline')).exitCode).toBe(0);
  expect(await there.imageSha256('small')).toBe(before);
});

/** A file of the image's root file system, as a file of the host. */
async function dumped(path: string): Promise<string> {
  const folder = await mkdtemp(`${tmpdir()}/hearth-dumped-`);
  const target = `${folder}/${path.split('/').at(-1)}`;
  const image = `${project.path}/dist/small.img`;
  const root = (await readPartitionTable(image)).partitions.find(({ number }) => number === 2);
  await runInSandbox({
    command: ['debugfs', '-R', `dump ${path} ${target}`, `${image}?offset=${root?.startBytes}`],
    tools: await toolsForTests(),
    binds: [{ path: project.path }, { path: folder, writable: true }],
  });
  onTestFinished(async () => await rm(folder, { recursive: true, force: true }));
  return target;
}
