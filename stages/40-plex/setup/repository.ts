import { readdirSync } from 'node:fs';
import { AskFailure, ask, StepFailure, type StepTask } from '../../90-first-boot/agent/device/door.ts';
import { type FailurePair, installTexts } from './install-texts.ts';
import { readKeyFile } from './openpgp-key.ts';
import type { PlexPackage } from './places.ts';

export const keyFile = '/etc/apt/keyrings/hearth-plex.asc';
export const sourceFile = '/etc/apt/sources.list.d/hearth-plex.sources';
export const pinFile = '/etc/apt/preferences.d/hearth-plex';
export const upgradesFile = '/etc/apt/apt.conf.d/53hearth-plex';

const sourcesFolder = '/etc/apt/sources.list.d';
/** The owner looks at a progress bar meanwhile. */
const keyTimeoutMs = 30_000;

/**
 * Tells apt of the repository: signed by the key of the lock, and nothing from it but Plex. Throws a StepFailure if that key
 * can't be had.
 */
export async function addRepository(task: StepTask, plex: PlexPackage): Promise<void> {
  const { hostname } = new URL(plex.repository);
  task.write(keyFile, await fetchKey(task, plex), 0o644);
  // First the pin: at no moment may apt take anything else from there.
  task.write(
    pinFile,
    `# Only Plex itself comes from Plex.
Package: *
Pin: origin "${hostname}"
Pin-Priority: -1

Package: ${plex.package}
Pin: origin "${hostname}"
Pin-Priority: 500
`,
    0o644,
  );
  task.write(
    sourceFile,
    `Types: deb
URIs: ${plex.repository}
Suites: ${plex.suite}
Components: ${plex.component}
Architectures: arm64
Signed-By: ${keyFile}
`,
    0o644,
  );
  task.write(
    upgradesFile,
    `// Fixes of Plex install themselves like all others.\nUnattended-Upgrade::Origins-Pattern { "site=${hostname}"; };\n`,
    0o644,
  );
}

/** The package may bring a source of its own. Two with different keys for one address stop every update of the device. */
export function removeOtherSources(task: StepTask, { repository }: PlexPackage): void {
  const hosts = [new URL(repository).host, 'downloads.plex.tv'];
  for (const name of readdirSync(task.path(sourcesFolder))) {
    const path = `${sourcesFolder}/${name}`;
    if (path === sourceFile || !/\.(list|sources)$/.test(name)) continue;
    const lines = (task.read(path) ?? '').split('\n').filter((line) => !line.trimStart().startsWith('#'));
    if (lines.some((line) => hosts.some((host) => line.includes(`//${host}/`)))) task.remove(path);
  }
}

/** Takes the repository away. */
export function removeRepository(task: StepTask): void {
  for (const file of [sourceFile, upgradesFile, pinFile, keyFile]) task.remove(file);
}

/** Fetches the key of the repository; one with another fingerprint than the lock's is refused. Gives it armoured. */
async function fetchKey(task: StepTask, { keyUrl, keyFingerprint }: PlexPackage): Promise<string> {
  const { status, body } = await ask({
    url: keyUrl,
    timeoutMs: keyTimeoutMs,
    redirects: 3,
    signal: task.signal,
  }).catch((error: unknown) => {
    if (!(error instanceof AskFailure)) throw error;
    const texts: FailurePair = installTexts[error.reason];
    throw new StepFailure(...texts);
  });
  if (status !== 200) {
    task.log(`${keyUrl} answered ${status}`);
    throw new StepFailure(...installTexts.refused);
  }
  const key = keyOf(body);
  task.log(`the key at ${keyUrl} is ${key?.fingerprints.join(' and ') ?? 'no key'}`);
  // One more key in the file would be trusted as well.
  if (key === undefined || key.fingerprints.join() !== keyFingerprint)
    throw new StepFailure(...installTexts.wrongKey);
  return key.armoured;
}

function keyOf(body: Buffer) {
  try {
    return readKeyFile(body);
  } catch {
    return undefined;
  }
}
