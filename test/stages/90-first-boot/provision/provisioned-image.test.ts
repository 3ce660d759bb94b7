import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { examineImageArchive } from '../../../../builder/artifacts/check-archive.ts';
import { runApply } from '../../../../stages/90-first-boot/agent/apply/run-steps.ts';
import type { AgentContext } from '../../../../stages/90-first-boot/agent/context.ts';
import { type DevicePaths, devicePaths } from '../../../../stages/90-first-boot/agent/device/paths.ts';
import { foldEvents } from '../../../../stages/90-first-boot/agent/events/fold.ts';
import { readEvents } from '../../../../stages/90-first-boot/agent/events/read-events.ts';
import type { DeviceContainerImage } from '../../../../stages/90-first-boot/agent/provision/device-artifact.ts';
import { readImageArtifacts } from '../../../../stages/90-first-boot/agent/provision/image-artifacts.ts';
import { provisioned } from '../../../../stages/90-first-boot/agent/provision/provisioned.ts';
import { requestReset, runReset } from '../../../../stages/90-first-boot/agent/reset/run-reset.ts';
import { writeSetup } from '../../../../stages/90-first-boot/agent/store/setup-store.ts';
import { bundleProgram } from '../../../helpers/bundle-program.ts';
import { answered, fakeContext, fakeRoot, fullSetup } from '../apply/fake-setup.ts';
import { fastWorld } from './fetch-parts.ts';
import { randomContent, slowly } from './file-server.ts';
import { type ImageRegistry, type RegistryOptions, registryImage, serveImage } from './image-registry.ts';
import { imageStep } from './tool-steps.ts';

let root: string;
let paths: DevicePaths;
let registry: ImageRegistry | undefined;

beforeEach(() => {
  const device = fakeRoot();
  root = device.root;
  paths = devicePaths(root);
  return () => device.remove();
});

afterEach(async () => {
  await registry?.close();
  registry = undefined;
});

describe('a container image that a step needs', () => {
  it('is fetched right before it, with what the step uses', async () => {
    const image = await listed();
    const { setups } = contextOf();

    expect(setups.steps.map(({ id }) => id)).toEqual(['fetch.app', 'use']);
    expect(setups.steps[0]).toMatchObject({
      title: { en: 'Fetching app', de: 'app herunterladen' },
      uses: ['name'],
      isOptional: false,
      version: Number.parseInt(image.arm64Digest.slice(7, 19), 16),
    });
  });

  it('is there when the step runs, is not fetched again, and is when it is gone', async () => {
    const image = await listed();

    expect(await apply()).toBe(0);
    const asked = registry?.asked.length ?? 0;
    expect(await apply('other')).toBe(0);
    expect(registry?.asked.length).toBe(asked);
    rmSync(join(root, image.path));
    expect(await apply('third')).toBe(0);
    expect(registry?.asked.length).toBe(2 * asked);
    expect(readFileSync(join(root, 'runs'), 'utf8')).toBe('use\nuse\nuse\n');
  });

  it('is not fetched when it is baked, and must be there', async () => {
    const image = await listed({}, { delivery: 'baked' });

    expect(contextOf().setups.steps.map(({ id }) => id)).toEqual(['use']);
    expect(await apply()).toBe(1);
    mkdirSync(dirname(join(root, image.path)), { recursive: true });
    writeFileSync(join(root, image.path), 'an archive of the builder');
    expect(await apply()).toBe(0);
    expect(registry?.asked).toEqual([]);
  });

  it('is taken back by a factory reset, with all that belongs to it', async () => {
    const image = await listed();
    await apply();
    requestReset(paths);

    expect(await runReset(contextOf())).toBe(0);
    expect(readdirSync(dirname(join(root, image.path)))).toEqual([]);
    expect(existsSync(paths.fetchFolder)).toBe(false);
  });

  it.each<[string, Partial<Record<keyof DeviceContainerImage, unknown>>]>([
    ['a name without a registry', { reference: 'app:v1' }],
    ['a name that is an address', { reference: 'user@host/app:v1' }],
    ['a name without a tag', { reference: 'registry.example/app' }],
    ['no digest', { arm64Digest: 'latest' }],
    ['a path out of its place', { path: '/var/../etc/passwd' }],
    ['another delivery', { delivery: 'later' }],
  ])('is not believed with %s', async (_what, more) => {
    await listed({}, more as Partial<DeviceContainerImage>);

    expect(readImageArtifacts(paths.artifactsFile)).toMatchObject({ state: 'damaged' });
  });
});

describe('the power is cut while a container image is fetched', () => {
  it('goes on with what is on the disk, and there is never half an archive', async () => {
    const program = await bundleProgram(`${import.meta.dirname}/image-child.ts`, root);
    const image = await listed({ usesPerToken: 100, isRedirecting: true, blobs: [slowly(20_000, 10)] });
    const target = join(root, image.path);
    writeSetup(paths, fullSetup);
    let sent = 0;
    for (const stop of [within(50_000), within(250_000), whilePacking]) {
      const child = start(program);
      while (!stop() && child.exitCode === null) await wait(2);
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      expect(child.signalCode).toBe('SIGKILL');
      if (existsSync(target)) expect((await examineImageArchive(target)).problems).toEqual([]);
      sent = registry?.sentBytes() ?? 0;
    }
    const child = start(program);
    await once(child, 'exit');

    expect(child.exitCode).toBe(0);
    // All parts were there before: what came in once is not fetched again.
    expect(registry?.sentBytes()).toBe(sent);
    expect((await examineImageArchive(target)).problems).toEqual([]);
    expect(readdirSync(dirname(target)).length).toBe(2);
    expect(readdirSync(paths.fetchFolder)).toEqual([]);
    expect(foldEvents(readEvents(paths.eventLog))).toMatchObject({ run: 1, state: 'finished' });
    expect(readFileSync(join(root, 'runs'), 'utf8')).toBe('use\n');

    function whilePacking(): boolean {
      return existsSync(`${target}.hearth-new`);
    }
  });

  function within(bytes: number): () => boolean {
    return () => (registry?.sentBytes() ?? 0) > bytes;
  }

  function start(program: string) {
    return spawn(process.execPath, ['--jitless', '--no-expose-wasm', program, root], { stdio: 'inherit' });
  }
});

/** A registry, and the image's list with its image. */
async function listed(
  options: RegistryOptions = {},
  more: Partial<DeviceContainerImage> = {},
): Promise<DeviceContainerImage> {
  const layer = randomContent(300_000).toString('base64');
  registry = await serveImage(
    await registryImage({ names: [], layers: [layer, 'b'], isDockers: true }),
    options,
  );
  const image = registry.artifact(more);
  mkdirSync(dirname(paths.artifactsFile), { recursive: true });
  writeFileSync(paths.artifactsFile, JSON.stringify({ format: 1, mirrors: [], artifacts: [image] }));
  return image;
}

function contextOf(): AgentContext {
  const context = fakeContext(root, [imageStep('use', ['name'])]);
  return { ...context, setups: provisioned(context.setups, paths, fastWorld()) };
}

async function apply(hostname = 'hearth'): Promise<number> {
  writeSetup(paths, { ...fullSetup, answers: { ...fullSetup.answers, name: answered({ hostname }) } });
  return await runApply(contextOf());
}
