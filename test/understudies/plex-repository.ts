import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';

const run = promisify(execFile);

/** Stands in for Plex's signed apt repository: a package of the same name, user, unit and port. */
export interface PlexRepository {
  /** Of the repository, as in artifacts.lock.yaml: `http://127.0.0.1:PORT/deb`. */
  readonly url: string;
  readonly keyUrl: string;
  /** Of the primary key; a subkey signs, as at Plex. */
  readonly fingerprint: string;
  /** Paths that were asked for. */
  readonly requests: readonly string[];
  /** Builds the package anew with this version and signs the lists. */
  readonly publish: (version: string) => Promise<void>;
  /** Signs the lists with another key than the one that is given away. */
  readonly signWithAnotherKey: () => Promise<void>;
  /** Answers each path that the pattern fits with this status. */
  readonly refuse: (path: RegExp, status: number) => void;
  readonly close: () => Promise<void>;
}

export interface PlexRepositoryOptions {
  /** Default 1.43.5.11029-understudy. */
  readonly version?: string;
  /** Default arm64. */
  readonly architecture?: 'arm64' | 'all';
  /** Loopback port, default any. */
  readonly port?: number;
}

const keyPath = '/plex-keys/PlexSign.v2.key';

/** Makes keys, package and lists in a new folder, and serves them on loopback. */
export async function startPlexRepository({
  version = '1.43.5.11029-understudy',
  architecture = 'arm64',
  port = 0,
}: PlexRepositoryOptions = {}): Promise<PlexRepository> {
  // Not deeper: the path of gpg-agent's socket has a limit.
  const folder = await mkdtemp(join(tmpdir(), 'plex-'));
  const gpg = gpgIn(join(folder, 'gnupg'));
  const fingerprint = await makeKey(gpg, join(folder, 'gnupg'), 'Plex Understudy');
  await mkdir(join(folder, 'www/plex-keys'), { recursive: true });
  await writeFile(join(folder, `www${keyPath}`), await gpg(['--armor', '--export', fingerprint]));
  const publish = async (next: string) => {
    await rm(join(folder, 'www/deb'), { recursive: true, force: true });
    await buildPackage(folder, next, architecture);
    await writeLists(join(folder, 'www/deb'), (text) => gpg(clearsign(fingerprint), text));
  };
  await publish(version);
  const requests: string[] = [];
  const refusals: { readonly path: RegExp; readonly status: number }[] = [];
  const { url, close } = await serve(join(folder, 'www'), port, (path) => {
    requests.push(path);
    return refusals.find((one) => one.path.test(path))?.status;
  });
  return {
    url: `${url}/deb`,
    keyUrl: `${url}${keyPath}`,
    fingerprint,
    requests,
    publish,
    signWithAnotherKey: async () => {
      const another = await makeKey(gpg, join(folder, 'gnupg'), 'Somebody Else');
      await writeLists(join(folder, 'www/deb'), (text) => gpg(clearsign(another), text));
    },
    refuse: (path, status) => refusals.push({ path, status }),
    close: async () => {
      await close();
      await run('gpgconf', ['--homedir', join(folder, 'gnupg'), '--kill', 'all']).catch(() => {});
      await rm(folder, { recursive: true, force: true });
    },
  };
}

type Gpg = (args: readonly string[], input?: string) => Promise<string>;

function gpgIn(home: string): Gpg {
  return (args, input = '') =>
    new Promise((resolve, reject) => {
      const all = ['--homedir', home, '--batch', '--quiet', '--no-tty', '--passphrase', '', ...args];
      const child = execFile('gpg', all, (error, stdout) =>
        error === null ? resolve(stdout) : reject(error),
      );
      // One that needs no input may have ended before.
      child.stdin?.on('error', () => {});
      child.stdin?.end(input);
    });
}

async function makeKey(gpg: Gpg, home: string, name: string): Promise<string> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  await gpg(['--pinentry-mode', 'loopback', '--quick-generate-key', name, 'ed25519', 'cert', 'never']);
  const list = await gpg(['--with-colons', '--list-keys', `=${name}`]);
  const [, fingerprint = ''] = /^fpr:+([0-9A-F]{40}):/m.exec(list) ?? [];
  await gpg(['--pinentry-mode', 'loopback', '--quick-add-key', fingerprint, 'ed25519', 'sign', 'never']);
  return fingerprint;
}

function clearsign(fingerprint: string): readonly string[] {
  return [
    '--pinentry-mode',
    'loopback',
    '--local-user',
    fingerprint,
    '--digest-algo',
    'SHA512',
    '--clearsign',
  ];
}

const unit = `[Unit]
Description=Plex Media Server
After=network.target

[Service]
Environment="PLEX_MEDIA_SERVER_APPLICATION_SUPPORT_DIR=/var/lib/plexmediaserver/Library/Application Support"
ExecStart="/usr/lib/plexmediaserver/Plex Media Server"
User=plex
Group=plex
Restart=on-failure
RestartSec=5

[Install]
WantedBy=multi-user.target
`;

/** Like those of the real package they enable and start the unit themselves. Never for a root that is not the system's. */
const scripts = {
  preinst:
    'id -u plex >/dev/null 2>&1 || useradd --system --home-dir /var/lib/plexmediaserver --shell /usr/sbin/nologin plex',
  postinst: `install -d -o plex -g plex /var/lib/plexmediaserver
[ ! -d /run/systemd/system ] || { systemctl daemon-reload; systemctl --quiet enable plexmediaserver; systemctl start plexmediaserver; }`,
  prerm: '[ ! -d /run/systemd/system ] || systemctl stop plexmediaserver || true',
  postrm: `[ "$1" != purge ] || { rm -f /etc/systemd/system/multi-user.target.wants/plexmediaserver.service; userdel plex || true; }
[ ! -d /run/systemd/system ] || systemctl daemon-reload || true`,
};

async function buildPackage(folder: string, version: string, architecture: string): Promise<void> {
  const tree = join(folder, 'tree');
  const program = join(tree, 'usr/lib/plexmediaserver');
  await rm(tree, { recursive: true, force: true });
  for (const one of ['DEBIAN', 'usr/lib/plexmediaserver', 'usr/lib/systemd/system'])
    await mkdir(join(tree, one), { recursive: true, mode: 0o755 });
  await cp(join(import.meta.dirname, 'plex-media-server.mjs'), join(program, 'plex-media-server.mjs'));
  // Node takes a file without a suffix for CommonJS.
  await writeFile(
    join(program, 'Plex Media Server'),
    '#!/bin/sh\nexec /usr/bin/node --jitless --no-expose-wasm /usr/lib/plexmediaserver/plex-media-server.mjs\n',
    { mode: 0o755 },
  );
  await writeFile(join(tree, 'usr/lib/systemd/system/plexmediaserver.service'), unit);
  const control = `Package: plexmediaserver
Version: ${version}
Architecture: ${architecture}
Maintainer: Tests <tests@example.org>
Description: stands in for Plex Media Server
`;
  await writeFile(join(tree, 'DEBIAN/control'), control);
  for (const [name, script] of Object.entries(scripts))
    await writeFile(
      join(tree, 'DEBIAN', name),
      `#!/bin/sh -e\n[ -z "\${DPKG_ROOT:-}" ] || exit 0\n${script}\n`,
      {
        mode: 0o755,
      },
    );
  const pool = join(folder, 'www/deb/pool/main/p/plexmediaserver');
  await mkdir(pool, { recursive: true });
  const deb = join(pool, `plexmediaserver_${version}_${architecture}.deb`);
  await run('dpkg-deb', ['--root-owner-group', '-Zgzip', '--build', tree, deb]);
}

async function writeLists(deb: string, sign: (text: string) => Promise<string>): Promise<void> {
  const pool = 'pool/main/p/plexmediaserver';
  const paragraphs: string[] = [];
  for (const name of await readdir(join(deb, pool))) {
    const file = join(deb, pool, name);
    const { stdout } = await run('dpkg-deb', ['--field', file]);
    const { size } = await stat(file);
    paragraphs.push(
      `${stdout.trimEnd()}\nFilename: ${pool}/${name}\nSize: ${size}\nSHA256: ${sha256(await readFile(file))}\n`,
    );
  }
  const text = Buffer.from(paragraphs.join('\n'));
  const lists = join(deb, 'dists/public/main/binary-arm64');
  await mkdir(lists, { recursive: true });
  const files = { Packages: text, 'Packages.gz': gzipSync(text) };
  const sums: string[] = [];
  for (const [name, bytes] of Object.entries(files)) {
    await writeFile(join(lists, name), bytes);
    sums.push(` ${sha256(bytes)} ${bytes.length} main/binary-arm64/${name}`);
  }
  const release = `Origin: Plex
Label: Plex
Suite: public
Codename: public
Date: ${new Date().toUTCString().replace('GMT', 'UTC')}
Architectures: arm64
Components: main
SHA256:
${sums.join('\n')}
`;
  await writeFile(join(deb, 'dists/public/InRelease'), await sign(release));
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function serve(
  folder: string,
  port: number,
  refused: (path: string) => number | undefined,
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://plex').pathname;
    const status = refused(path);
    const body =
      status === undefined && !path.includes('..')
        ? await readFile(join(folder, path)).catch(() => undefined)
        : undefined;
    response.writeHead(body === undefined ? (status ?? 404) : 200, {
      'Content-Length': body?.length ?? 0,
      Connection: 'close',
    });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
