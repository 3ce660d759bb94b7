import type { DebianLock } from '../../builder/debian/lock.ts';
import type { PackageFile } from '../../builder/debian/package-file.ts';

/** A package as the archive would describe it; its SHA-256 is a digit said 64 times. */
export function samplePackage(parts: Partial<PackageFile> = {}): PackageFile {
  const { name = 'sudo', version = '1.9.16-3', architecture = 'arm64' } = parts;
  return {
    ...{ name, version, architecture },
    sizeBytes: 100,
    sha256: 'a'.repeat(64),
    archive: 'debian',
    path: `pool/main/${name[0]}/${name}/${name}_${version.replace(/^\d+:/, '')}_${architecture}.deb`,
    ...parts,
  };
}

/** A lock with the packages of two steps. */
export function sampleLock(parts: Partial<DebianLock> = {}): DebianLock {
  return {
    image: 'hearth',
    architecture: 'arm64',
    suite: 'trixie',
    asked: '2026-11-23T07:19:30.000Z',
    snapshots: { main: 'https://past.example/debian/@SNAPSHOTID@/', security: '' },
    tools: { architecture: 'amd64', packages: [samplePackage({ name: 'zstd', sha256: 'e'.repeat(64) })] },
    steps: [
      {
        stage: '00-base',
        step: 'prerun.sh',
        packages: [
          samplePackage({ name: 'bash', sha256: 'b'.repeat(64) }),
          samplePackage({ name: 'tzdata', version: '2026a-1', architecture: 'all', sha256: 'c'.repeat(64) }),
        ],
      },
      {
        stage: '30-samba',
        step: '00-packages',
        packages: [samplePackage({ name: 'samba', version: '2:4.22.3+dfsg-4', sha256: 'd'.repeat(64) })],
      },
    ],
    ...parts,
  };
}
