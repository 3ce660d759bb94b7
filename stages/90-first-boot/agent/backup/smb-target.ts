import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { PassThrough, type Readable, promises as streams } from 'node:stream';
import { type DeviceLook, StepFailure } from '../device/door.ts';
import { makeFolders } from '../files/durable-folder.ts';
import { parseBackupName } from './names.ts';
import type { BackupPlace } from './settings.ts';
import { type BackupTarget, newestFirst } from './target.ts';
import { fullPlace, troubleAt } from './trouble.ts';

type SmbPlace = Extract<BackupPlace, { kind: 'smb' }>;

const draftEnding = '.part';
const program = '/usr/bin/smbclient';

/**
 * Backups on a share of another computer, by Debian's smbclient. The password goes by a file that only root can read and
 * that is gone right after. A backup gets its name on the share when all of it is there.
 */
export function smbTarget(device: DeviceLook, place: SmbPlace): BackupTarget {
  const where = `//${place.server}/${place.share}`;
  const tell = async (commands: readonly string[]): Promise<string> => {
    const account = accountFile(device, place);
    try {
      const args = [...argsFor(place, account.path), '--command', commands.join('; ')];
      const result = await device.run(program, args, { timeoutMs: 120_000 });
      refuseTrouble(where, result.exitCode, `${result.stdout}\n${result.stderr}`);
      return result.stdout;
    } finally {
      account.remove();
    }
  };
  const names = async () => entriesOf(await tell(['ls']));
  return {
    list: async () =>
      (await names())
        .flatMap(({ name, sizeBytes }) => {
          const parsed = parseBackupName(name);
          return parsed === undefined ? [] : [{ ...parsed, sizeBytes }];
        })
        .sort(newestFirst),
    store: async (name, source, signal) => {
      const draft = `${name}${draftEnding}`;
      const sentBytes = await put(device, { place, where, draft }, source, signal);
      const there = (await names()).find((one) => one.name === draft);
      if (there?.sizeBytes !== sentBytes) throw fullPlace(where);
      await tell([`rename ${draft} ${name}`]);
    },
    open: async (name, signal) => get(device, { place, where, name }, signal),
    remove: async (name) => {
      await tell([`rm ${name}`]);
    },
    clean: async (host) => {
      const left = (await names()).filter(
        ({ name }) =>
          name.endsWith(draftEnding) && parseBackupName(name.slice(0, -draftEnding.length))?.host === host,
      );
      for (const { name } of left) await tell([`rm ${name}`]);
    },
    // Shares with a quota tell wrong numbers: the size is compared when all is there.
    refuseNoRoom: async () => {},
  };
}

/** Lines of `ls`: `  name    A   123  Mon Nov 23 03:00:00 2026`. */
function entriesOf(listing: string): readonly { readonly name: string; readonly sizeBytes: number }[] {
  return listing.split('\n').flatMap((line) => {
    const [, name, size] = /^ {2}(\S.*?)\s+(?:[A-Z]+\s+)?(\d+) {2}\w{3} \w{3} [ \d]\d /.exec(line) ?? [];
    return name === undefined ? [] : [{ name, sizeBytes: Number(size) }];
  });
}

function argsFor({ server, share, folder }: SmbPlace, account: string): readonly string[] {
  const below = folder === '' ? [] : ['--directory', folder];
  // Messages to stderr: a backup that is fetched comes by stdout.
  return [
    `//${server}/${share}`,
    '--authentication-file',
    account,
    '--stderr',
    '--max-protocol=SMB3',
    ...below,
  ];
}

interface Sending {
  readonly place: SmbPlace;
  readonly where: string;
  readonly draft: string;
}

async function put(
  device: DeviceLook,
  { place, where, draft }: Sending,
  source: Readable,
  signal: AbortSignal,
): Promise<number> {
  const account = accountFile(device, place);
  const child = start(device, [...argsFor(place, account.path), '--command', `put - ${draft}`], signal);
  let sentBytes = 0;
  source.on('data', (part: Buffer) => {
    sentBytes += part.length;
  });
  try {
    child.stdout.resume();
    const fed = streams.pipeline(source, child.stdin, { signal }).then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error,
    );
    const { exitCode, words } = await child.ended;
    const broken = await fed;
    // A program that gives up closes the pipe: its own words say why.
    if (broken !== undefined && broken.code !== 'EPIPE' && broken.code !== 'ECONNRESET') throw broken;
    refuseTrouble(where, exitCode, words);
    if (broken !== undefined) throw broken;
    return sentBytes;
  } finally {
    child.kill();
    account.remove();
  }
}

/** The stream ends well only if the program does. */
function get(
  device: DeviceLook,
  { place, where, name }: { readonly place: SmbPlace; readonly where: string; readonly name: string },
  signal: AbortSignal,
): Readable {
  const account = accountFile(device, place);
  const child = start(device, [...argsFor(place, account.path), '--command', `get ${name} -`], signal);
  const out = new PassThrough();
  child.stdin.end();
  child.stdout.pipe(out, { end: false });
  out.on('close', child.kill);
  child.ended
    .then(({ exitCode, words }) => {
      account.remove();
      refuseTrouble(where, exitCode, words);
      out.end();
    })
    .catch((error: Error) => out.destroy(error));
  return out;
}

function start(device: DeviceLook, args: readonly string[], signal: AbortSignal) {
  const child = spawn(device.path(program), [...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' },
  });
  const kill = () => {
    child.kill('SIGKILL');
  };
  signal.addEventListener('abort', kill, { once: true });
  let words = '';
  child.stderr.on('data', (part: Buffer) => {
    words = (words + part.toString()).slice(-2_000);
  });
  child.stdin.on('error', () => {});
  const ended = new Promise<{ readonly exitCode: number; readonly words: string }>((resolve) => {
    child.on('error', (error) => resolve({ exitCode: -1, words: error.message }));
    child.on('close', (code) => {
      signal.removeEventListener('abort', kill);
      resolve({ exitCode: code ?? -1, words });
    });
  });
  return { stdin: child.stdin, stdout: child.stdout, ended, kill };
}

function accountFile({ path }: Pick<DeviceLook, 'path'>, { user, password }: SmbPlace) {
  const folder = path('/run/hearth');
  makeFolders(folder, 0o755);
  const file = `${folder}/backup-${randomBytes(8).toString('hex')}`;
  writeFileSync(file, `username = ${user}\npassword = ${password}\n`, { mode: 0o600, flag: 'wx' });
  chmodSync(file, 0o600);
  return { path: file, remove: () => rmSync(file, { force: true }) };
}

function refuseTrouble(where: string, exitCode: number, output: string): void {
  const code = /NT_STATUS_[A-Z_]+/.exec(output)?.[0];
  // smbclient ends with 0 after some commands that failed.
  if (exitCode === 0 && (code === undefined || code === 'NT_STATUS_OK')) return;
  if (code === 'NT_STATUS_DISK_FULL' || code === 'NT_STATUS_QUOTA_EXCEEDED') throw fullPlace(where);
  const [en, de] = reasons[code ?? ''] ?? [
    `It said: ${code ?? `exit code ${exitCode}`}`,
    `Sie meldete: ${code ?? `Rückgabewert ${exitCode}`}`,
  ];
  throw new StepFailure(...troubleAt(where, { en, de }));
}

const nobody = ['The computer can not be reached.', 'Der Computer ist nicht erreichbar.'] as const;
const noRight = ['The user may not write there.', 'Der Benutzer darf dort nicht schreiben.'] as const;
const reasons: Readonly<Record<string, readonly [en: string, de: string]>> = {
  NT_STATUS_LOGON_FAILURE: [
    'It does not accept the user name and the password.',
    'Benutzername und Passwort werden nicht angenommen.',
  ],
  NT_STATUS_BAD_NETWORK_NAME: ['There is no such share.', 'Diese Freigabe gibt es nicht.'],
  NT_STATUS_ACCESS_DENIED: noRight,
  NT_STATUS_MEDIA_WRITE_PROTECTED: noRight,
  NT_STATUS_OBJECT_NAME_NOT_FOUND: [
    'The folder or file is not there.',
    'Den Ordner oder die Datei gibt es dort nicht.',
  ],
  NT_STATUS_OBJECT_PATH_NOT_FOUND: ['The folder is not there.', 'Den Ordner gibt es dort nicht.'],
  NT_STATUS_HOST_UNREACHABLE: nobody,
  NT_STATUS_IO_TIMEOUT: nobody,
  NT_STATUS_CONNECTION_REFUSED: nobody,
  NT_STATUS_NETWORK_UNREACHABLE: nobody,
  NT_STATUS_UNSUCCESSFUL: nobody,
  NT_STATUS_NOT_FOUND: nobody,
};
