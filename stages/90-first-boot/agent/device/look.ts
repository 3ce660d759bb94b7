import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DeviceLook, RunOptions, RunResult } from './door.ts';

const programFolders = ['/usr/bin', '/usr/sbin'];
const defaultTimeoutMs = 180_000;

/** Looks at the device below `root`. Programs come from its /usr/bin and /usr/sbin: a test puts its own there. */
export function lookAt(root: string): DeviceLook {
  const path = (name: string) => join(root, name);
  return {
    path,
    read: (name) => readIfThere(path(name)),
    run: (program, args = [], options = {}) => runProgram(placeOf(program, path), args, options),
  };
}

/** The text of a file; undefined if it is not there, or is no file. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return undefined;
    throw error;
  }
}

function placeOf(program: string, path: (name: string) => string): string {
  if (program.startsWith('/')) return path(program);
  const places = programFolders.map((folder) => path(`${folder}/${program}`));
  return places.find((place) => existsSync(place)) ?? path(`/usr/bin/${program}`);
}

function runProgram(program: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  const { timeoutMs = defaultTimeoutMs, input = '', env } = options;
  return new Promise((resolve) => {
    const child = execFile(
      program,
      [...args],
      {
        timeout: timeoutMs,
        maxBuffer: 4 * 1024 * 1024,
        // Messages are read by our own code: they must not depend on the language of the device.
        env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8', ...env },
      },
      (error, stdout, stderr) => {
        // nmcli ends with 1 and some words when it is stopped: that is no answer of its own.
        const isOwn = error?.killed !== true && typeof error?.code === 'number';
        const code = error === null ? 0 : isOwn ? Number(error.code) : -1;
        const problem = code === -1 && stderr === '' ? (error?.message ?? '') : stderr;
        resolve({ exitCode: code, stdout, stderr: problem });
      },
    );
    // A program that does not read its input closes it early: no reason to fail.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}
