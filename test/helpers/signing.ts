import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { RunVerifier } from '../../builder/artifacts/resolve/resolver.ts';
import { runProcess } from '../../builder/host/process.ts';
import { runInSandbox } from '../../builder/host/sandbox.ts';
import { findToolsTree } from '../../builder/host/tools-tree.ts';

/** A key of an apt repository. */
export interface SigningKey {
  readonly fingerprint: string;
  /** Armoured. */
  readonly publicKey: string;
  readonly binaryKey: Buffer;
  /** A clear-signed text. */
  sign(text: string): Promise<string>;
}

export interface Keyring extends AsyncDisposable {
  /** An Ed25519 key that certifies, with a subkey that signs, as Plex has it. */
  makeKey(name: string): Promise<SigningKey>;
}

/** Why nothing can be signed here; undefined if it can. */
export async function signingOffReason(): Promise<string | undefined> {
  const { exitCode } = await runProcess(['gpg', '--version']);
  return exitCode === 0 ? undefined : 'this host has no gpg, which makes the keys';
}

/** Keys in a folder of their own; disposing it ends the agent that gpg starts for them. */
export async function openKeyring(): Promise<Keyring> {
  const home = await mkdtemp(join(tmpdir(), 'hearth-gpg-'));
  const gpg = async (args: readonly string[], input?: string): Promise<string> => {
    const command = ['gpg', '--homedir', home, '--batch', '--quiet', '--pinentry-mode', 'loopback'];
    const result = await runProcess(
      [...command, '--passphrase', '', ...args],
      input === undefined ? {} : { input },
    );
    if (result.exitCode !== 0) throw new Error(`gpg ${args.join(' ')}: ${result.stderr}`);
    return result.stdout;
  };
  return {
    async makeKey(name) {
      await gpg(['--quick-gen-key', name, 'ed25519', 'cert', 'never']);
      const list = await gpg(['--with-colons', '--list-keys', name]);
      const fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(list)?.[1] ?? '';
      await gpg(['--quick-add-key', fingerprint, 'ed25519', 'sign', 'never']);
      await gpg(['--export', '--output', `${home}/${fingerprint}.gpg`, fingerprint]);
      return {
        fingerprint,
        publicKey: await gpg(['--armor', '--export', fingerprint]),
        binaryKey: await readFile(`${home}/${fingerprint}.gpg`),
        async sign(text) {
          await writeFile(`${home}/text`, text);
          return await gpg(['--local-user', fingerprint, '--clearsign', '--output', '-', `${home}/text`]);
        },
      };
    },
    async [Symbol.asyncDispose]() {
      await runProcess(['gpgconf', '--homedir', home, '--kill', 'gpg-agent']);
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** sqv of the tools tree in the sandbox, as `hearth lock` has it; on a machine without the tree gpgv of the host. */
export async function verifierForTests(): Promise<RunVerifier> {
  const cacheDir = resolve(process.env['HEARTH_CACHE_DIR'] ?? `${homedir()}/.cache/hearth`);
  const tools = await findToolsTree(cacheDir);
  if (!tools) return async (command) => await runProcess(asGpgv(command));
  return async (command, folder) =>
    await runInSandbox({
      ...{ command, tools, network: false, reject: false },
      binds: [{ path: folder, writable: true }],
    });
}

/** sqv and gpgv mean the same with these words. */
function asGpgv(command: readonly string[]): readonly string[] {
  return ['gpgv', ...command.slice(1).filter((word) => word !== '--cleartext')];
}
