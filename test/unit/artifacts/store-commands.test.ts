import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { AptPackageArtifact } from '../../../builder/artifacts/artifact.ts';
import { formatArtifactLock } from '../../../builder/artifacts/lock-file.ts';
import { runCli } from '../../../builder/cli/program.ts';
import { artifactOf, putStored, randomContent, storeNames } from '../../helpers/artifact-server.ts';
import { addFiles, fileTree } from '../../helpers/file-tree.ts';
import { type Served, serve, sha256 } from '../../helpers/mirror-steps.ts';

const k3s = randomContent(400_000);
const cloudflared = randomContent(5000);
const package_ = randomContent(70_000);
const plex: AptPackageArtifact = {
  kind: 'apt-package',
  name: 'plex',
  repository: 'https://repo.plex.example/deb',
  suite: 'public',
  component: 'main',
  package: 'plexmediaserver',
  keyUrl: 'https://repo.plex.example/key',
  keyFingerprint: '6EFFEB478A6559D75C7C4FE706C521790B9CFFDE',
  minimumVersion: '1.43.4.10903',
  licence: 'Plex Terms of Service',
  mayBePublished: false,
  source: 'a test',
};

let project: string;
let cache: string;
let maker: Served;

beforeEach(async () => {
  [project, cache] = [await fileTree(), await fileTree()];
  maker = await serve((request, response) => {
    const content = { '/k3s': k3s, '/cloudflared': cloudflared, '/plex.deb': package_ }[request.url ?? ''];
    if (content) response.end(content);
    else response.writeHead(404).end();
  });
  await addFiles(project, {
    'config.yaml': `artifacts:\n  mirrors: [${maker.url}/mirror]\n`,
    'stages/10-small/00-packages': 'hello\n',
  });
  await writeLock();
  vi.stubEnv('HEARTH_PROJECT_DIR', project);
  vi.stubEnv('HEARTH_CACHE_DIR', cache);
  vi.stubEnv('no_proxy', '*');
  return () => vi.unstubAllEnvs();
});

async function writeLock(plexEntry: AptPackageArtifact = plex): Promise<void> {
  const artifacts = [
    artifactOf(k3s, `${maker.url}/k3s`),
    artifactOf(cloudflared, `${maker.url}/cloudflared`, 'cloudflared'),
    plexEntry,
  ].map((artifact) => ('url' in artifact ? { ...artifact, version: versionOf(artifact.name) } : artifact));
  await addFiles(project, { 'artifacts.lock.yaml': formatArtifactLock({ artifacts }) });
}

/** Versions that no floor refuses. */
function versionOf(name: string): string {
  return name === 'k3s' ? 'v1.36.4+k3s1' : '2026.10.0';
}

async function run(...args: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      written[name] += String(text);
      return true;
    });
  }
  const exitCode = await runCli(args).finally(() => vi.restoreAllMocks());
  return { exitCode, ...written };
}

describe('hearth fetch', () => {
  it('fetches what the lock pins, by the mirrors of config.yaml first, and says what it did', async () => {
    const { exitCode, stderr } = await run('fetch');

    expect(stderr).toContain('passed over  plex: the device installs it from https://repo.plex.example/deb');
    expect(stderr).toContain('fetched  k3s v1.36.4+k3s1 (391 KiB)');
    expect(stderr).toContain('The store is full: 2 files (396 KiB), each checked, 0 of them there already.');
    expect(exitCode).toBe(0);
    expect(maker.requests).toContain(`GET /mirror/sha256/${sha256(k3s)}`);
    expect(await storeNames(cache)).toEqual(
      [`sha256/${sha256(k3s)}`, `sha256/${sha256(cloudflared)}`].toSorted(),
    );
  });

  it('fetches nothing twice', async () => {
    await run('fetch');
    const before = maker.requests.length;

    expect((await run('fetch')).stderr).toContain('The store is full: 2 files (396 KiB), each checked.');
    expect(maker.requests).toHaveLength(before);
  });

  it('fetches one artifact only, when asked', async () => {
    expect((await run('fetch', '--only', 'cloudflared')).exitCode).toBe(0);

    expect(await storeNames(cache)).toEqual([`sha256/${sha256(cloudflared)}`]);
  });

  it('knows no other artifact', async () => {
    const { exitCode, stderr } = await run('fetch', '--only', 'k3');

    expect(exitCode).toBe(2);
    expect(stderr).toContain('artifacts.lock.yaml has no artifact "k3". Did you mean k3s?');
  });

  it('proves with --offline that the store is full, or names what it lacks', async () => {
    await putStored(cache, sha256(k3s), k3s);
    const lacking = await run('fetch', '--offline');
    await putStored(cache, sha256(cloudflared), cloudflared);
    const full = await run('fetch', '--offline');

    expect(lacking.exitCode).toBe(4);
    expect(lacking.stderr).toContain('1 artifact (4.9 KiB) is not in the store');
    expect(lacking.stderr).toContain(`${maker.url}/cloudflared`);
    expect(full).toMatchObject({ exitCode: 0 });
    expect(full.stderr).toContain('The store is full: 2 files (396 KiB), each checked.');
    expect(maker.requests).toEqual([]);
  });

  it('ends with 4 at a wrong content, and shows both digests', async () => {
    await addFiles(project, { 'config.yaml': '{}\n' });
    const wrong = await serve((_request, response) => response.end(randomContent(400_000)));
    const artifacts = [artifactOf(k3s, `${wrong.url}/k3s`)].map((one) => ({
      ...one,
      version: 'v1.36.4+k3s1',
    }));
    await addFiles(project, { 'artifacts.lock.yaml': formatArtifactLock({ artifacts }) });

    const { exitCode, stderr } = await run('fetch');

    expect(exitCode).toBe(4);
    expect(stderr.replaceAll(/\s+/g, ' ')).toMatch(
      new RegExp(`SHA-256 is [0-9a-f]{64}, wanted ${sha256(k3s)}`),
    );
    expect(await storeNames(cache)).toEqual([]);
  });
});

describe('hearth store', () => {
  it('moves a store to another machine', async () => {
    await run('fetch');
    const file = `${await fileTree()}/store.tar`;
    const exported = await run('store', 'export', file);
    cache = await fileTree();
    vi.stubEnv('HEARTH_CACHE_DIR', cache);
    const imported = await run('store', 'import', file);

    expect(exported).toMatchObject({ exitCode: 0, stdout: `${file}\n` });
    expect(exported.stderr).toContain('Exported 2 files (396 KiB) of the store, each checked.');
    expect(imported.exitCode).toBe(0);
    expect(imported.stderr).toContain('Imported 2 files (396 KiB), each checked.');
    expect((await run('fetch', '--offline')).exitCode).toBe(0);
  });

  it('takes the pinned file of a package too, and says that it is not for others', async () => {
    const file = { sizeBytes: package_.length, sha256: sha256(package_), url: `${maker.url}/plex.deb` };
    await writeLock({ ...plex, file: { ...file, version: '1.43.5.11029-5aa' } });
    const fetched = await run('fetch');
    const exported = await run('store', 'export', `${await fileTree()}/store.tar`);

    expect(fetched.stderr).toContain('fetched  plex 1.43.5.11029-5aa (68.4 KiB)');
    expect(fetched.stderr).not.toContain('passed over');
    expect(await storeNames(cache)).toContain(`sha256/${sha256(package_)}`);
    expect(exported.stderr).toContain('Exported 3 files');
    expect(exported.stderr).toContain('Do not pass it on to others: plex');
  });

  it('ends with 4 where the store is not full, and with 2 where there is no file', async () => {
    const file = `${await fileTree()}/store.tar`;

    expect((await run('store', 'export', file)).exitCode).toBe(4);
    expect((await run('store', 'import', file)).exitCode).toBe(2);
  });
});
