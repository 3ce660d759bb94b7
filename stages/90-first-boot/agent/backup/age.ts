import { spawn } from 'node:child_process';
import { PassThrough, type Readable } from 'node:stream';
import type { DeviceLook } from '../device/door.ts';

/** What a program did not like, in its own words. */
export class ProgramTrouble extends Error {
  override readonly name = 'ProgramTrouble';
}

/** Encrypts a stream for a public age key (`age1…`). The result breaks off with an error if the source or age does. */
export function encrypt(device: Pick<DeviceLook, 'path'>, source: Readable, recipient: string): Readable {
  return through(device, source, ['--encrypt', '--recipient', recipient]);
}

/** Decrypts a stream with the secret key in the file (a path of the host, only for root). */
export function decrypt(device: Pick<DeviceLook, 'path'>, source: Readable, keyFile: string): Readable {
  return through(device, source, ['--decrypt', '--identity', keyFile]);
}

/** A stream must not end as if it were whole when the program in its middle failed: only exit code 0 is an end. */
function through(device: Pick<DeviceLook, 'path'>, source: Readable, args: readonly string[]): Readable {
  const child = spawn(device.path('/usr/bin/age'), [...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' },
  });
  const out = new PassThrough();
  let words = '';
  const giveUp = (error: Error) => {
    source.destroy();
    child.kill('SIGKILL');
    out.destroy(error);
  };
  child.on('error', giveUp);
  child.stdin.on('error', () => {});
  child.stderr.on('data', (part: Buffer) => {
    words = (words + part.toString()).slice(-1_000);
  });
  source.on('error', giveUp);
  out.on('close', () => {
    if (child.exitCode === null) giveUp(new Error('nobody reads on'));
  });
  source.pipe(child.stdin);
  child.stdout.pipe(out, { end: false });
  child.on('close', (code) => {
    if (code === 0) out.end();
    else giveUp(new ProgramTrouble(`age ended with ${code}: ${words.trim()}`));
  });
  return out;
}
