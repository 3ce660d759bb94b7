import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { runInSandbox } from '../../builder/host/sandbox.ts';
import { type LoopbackServer, listen } from './mirror-listen.ts';
import { serveFile } from './mirror-serve.ts';
import { toolsForTests } from './tools.ts';

/** Leaves nothing of the version before: an archive that has moved on. */
const publishScript = `set -eu
rm -rf -- *
mkdir -p sample/DEBIAN
printf '%s\\n' 'Package: hearth-sample' "Version: $1" 'Architecture: all' 'Maintainer: Nobody <nobody@example.org>' \\
  'Description: a package of a test' >sample/DEBIAN/control
dpkg-deb --root-owner-group --build sample "hearth-sample_$1_all.deb"
rm -r sample
apt-ftparchive packages . >Packages
apt-ftparchive release . >/tmp/Release
mv /tmp/Release Release
`;

/** A flat Debian archive on a free port of this machine, with one package that can get another version. */
export class OwnArchive {
  readonly #folder: string;
  #server: LoopbackServer | undefined;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async start(version: string): Promise<OwnArchive> {
    const archive = new OwnArchive(await mkdtemp(`${tmpdir()}/hearth-archive-`));
    await archive.publish(version);
    archive.#server = await listen((request, response) => {
      const file = `${archive.#folder}/${new URL(request.url ?? '/', 'http://localhost').pathname.slice(1)}`;
      stat(file)
        .then(async ({ size, mtime, mtimeMs }) => {
          const about = { file, sizeBytes: size, etag: `"${mtimeMs}"`, modifiedAt: mtime };
          await serveFile(request, response, about);
        })
        .catch(() => response.writeHead(404).end());
    });
    return archive;
  }

  /** The line for apt's sources. It has no signature: only its own line makes apt trust it. */
  get source(): string {
    return `deb [trusted=yes] ${this.#server?.url} ./`;
  }

  /** Makes this version the only one. */
  async publish(version: string): Promise<void> {
    await runInSandbox({
      command: ['sh', '-c', publishScript, 'publish', version],
      tools: await toolsForTests(),
      binds: [{ path: this.#folder, writable: true }],
      cwd: this.#folder,
      network: false,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
