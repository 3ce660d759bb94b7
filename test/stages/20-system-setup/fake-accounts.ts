import { createHash } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { RunResult } from '../../../stages/90-first-boot/agent/device/door.ts';
import { type FakeDevice, move } from './fake-device.ts';

export const accountFiles = {
  '/etc/passwd': 'root:x:0:0:root:/root:/bin/bash\nhearth:x:1000:1000::/home/hearth:/bin/bash\n',
  '/etc/group':
    'root:x:0:\nadm:x:4:\nsudo:x:27:hearth\nsystemd-journal:x:101:\nmedia:x:999:\nhearth:x:1000:\n',
  '/etc/shadow': 'root:*:20000:0:99999:7:::\nhearth:*:20000:0:99999:7:::\n',
};

/** Adds useradd, usermod, userdel, groupdel, chpasswd, install, mv and loginctl; they know the options we use, no other. */
export function addAccountPrograms(device: FakeDevice): void {
  Object.assign(device.programs, {
    useradd: (args: readonly string[]) => useradd(device, args),
    usermod: (args: readonly string[]) => usermod(device, args),
    userdel: (args: readonly string[]) => userdel(device, args),
    groupdel: ([name = '']: readonly string[]) => dropLine(device, '/etc/group', name),
    chpasswd: (args: readonly string[], input: string) => chpasswd(device, args, input),
    install: (args: readonly string[]) => install(device, args),
    mv: ([flag, from = '', to = '']: readonly string[]) => {
      if (flag !== '-fT') return undefined;
      move(device, from, to);
      return {};
    },
    loginctl: ([verb]: readonly string[]) => (verb === 'terminate-user' ? { exitCode: 1 } : undefined),
  });
}

/** The lines of a file of accounts as fields, by name. */
export function entries(device: FakeDevice, file: string): ReadonlyMap<string, readonly string[]> {
  const lines = (device.get(file) ?? '').split('\n').filter((line) => line !== '');
  return new Map(lines.map((line) => [line.split(':')[0] ?? '', line.split(':')]));
}

/** The groups a user is in. */
export function groupsOf(device: FakeDevice, user: string): readonly string[] {
  return [...entries(device, '/etc/group').values()]
    .filter((fields) => fields[3]?.split(',').includes(user))
    .map(([name = '']) => name);
}

type Answer = Partial<RunResult> | undefined;

function useradd(device: FakeDevice, args: readonly string[]): Answer {
  const given = readOptions(args, {
    flags: ['--create-home', '--no-create-home'],
    withValue: ['--shell', '--password', '--groups'],
  });
  if (given === undefined || given.options['--password'] !== '*') return undefined;
  const { name } = given;
  if (entries(device, '/etc/passwd').has(name) || entries(device, '/etc/group').has(name))
    return { exitCode: 9, stderr: `useradd: '${name}' already exists` };
  const id = 1000 + entries(device, '/etc/passwd').size;
  append(device, '/etc/passwd', `${name}:x:${id}:${id}::/home/${name}:${given.options['--shell']}`);
  append(device, '/etc/shadow', `${name}:*:20000:0:99999:7:::`);
  append(device, '/etc/group', `${name}:x:${id}:`);
  enter(device, given.options['--groups'] ?? '', name);
  if ('--create-home' in given.options) mkdirSync(join(device.root, 'home', name), { recursive: true });
  return {};
}

function usermod(device: FakeDevice, args: readonly string[]): Answer {
  const given = readOptions(args, {
    flags: ['--append', '--lock'],
    withValue: ['--groups', '--expiredate', '--shell', '--password'],
  });
  if (given === undefined) return undefined;
  const { name, options } = given;
  if (!entries(device, '/etc/passwd').has(name)) return { exitCode: 6, stderr: 'usermod: no such user' };
  const shadow = [...(entries(device, '/etc/shadow').get(name) ?? [])];
  if (options['--password'] !== undefined) shadow[1] = options['--password'];
  if ('--lock' in options && !shadow[1]?.startsWith('!')) shadow[1] = `!${shadow[1]}`;
  if (options['--expiredate'] !== undefined) shadow[7] = options['--expiredate'];
  setLine(device, '/etc/shadow', name, shadow);
  const passwd = [...(entries(device, '/etc/passwd').get(name) ?? [])];
  if (options['--shell'] !== undefined) passwd[6] = options['--shell'];
  setLine(device, '/etc/passwd', name, passwd);
  if (options['--groups'] !== undefined) {
    if (!('--append' in options)) leaveAll(device, name);
    enter(device, options['--groups'], name);
  }
  return {};
}

function userdel(device: FakeDevice, args: readonly string[]): Answer {
  const given = readOptions(args, { flags: ['--force', '--remove'], withValue: [] });
  if (given === undefined) return undefined;
  dropLine(device, '/etc/passwd', given.name);
  dropLine(device, '/etc/shadow', given.name);
  dropLine(device, '/etc/group', given.name);
  leaveAll(device, given.name);
  if ('--remove' in given.options)
    rmSync(join(device.root, 'home', given.name), { recursive: true, force: true });
  return {};
}

function chpasswd(device: FakeDevice, args: readonly string[], input: string): Answer {
  const [, name = '', secret = ''] = /^([a-z_0-9-]+):(.+)\n$/s.exec(input) ?? [];
  if (!['', '-e'].includes(args.join(' ')) || name === '') return undefined;
  const hash = args[0] === '-e' ? secret : `$fake$${createHash('sha256').update(secret).digest('hex')}`;
  const shadow = [...(entries(device, '/etc/shadow').get(name) ?? [])];
  shadow[1] = hash;
  setLine(device, '/etc/shadow', name, shadow);
  return {};
}

function install(device: FakeDevice, args: readonly string[]): Answer {
  const line = args.join(' ');
  const [, folder] = /^-d -m 700 -o (?:\S+) -g (?:\S+) (\S+)$/.exec(line) ?? [];
  const [, from, to] = /^-T -m 600 -o (?:\S+) -g (?:\S+) (\S+) (\S+)$/.exec(line) ?? [];
  if (folder !== undefined) mkdirSync(join(device.root, folder), { recursive: true, mode: 0o700 });
  else if (from !== undefined && to !== undefined) device.put(to, device.get(from) ?? '', 0o600);
  else return undefined;
  return {};
}

function readOptions(
  args: readonly string[],
  known: { readonly flags: readonly string[]; readonly withValue: readonly string[] },
): { readonly name: string; readonly options: Record<string, string> } | undefined {
  const options: Record<string, string> = {};
  for (let at = 0; at < args.length - 1; at++) {
    const word = args[at] ?? '';
    if (known.flags.includes(word)) options[word] = '';
    else if (known.withValue.includes(word)) options[word] = args[++at] ?? '';
    else return undefined;
  }
  const name = args.at(-1) ?? '';
  return /^[a-z][a-z0-9_-]*$/.test(name) ? { name, options } : undefined;
}

function enter(device: FakeDevice, groups: string, user: string): void {
  for (const group of groups.split(',').filter((one) => one !== '')) enterOne(device, group, user);
}

function enterOne(device: FakeDevice, group: string, user: string): void {
  const fields = [...(entries(device, '/etc/group').get(group) ?? [])];
  if (fields.length === 0) throw new Error(`no group ${group}`);
  const members = new Set((fields[3] ?? '').split(',').filter((member) => member !== ''));
  fields[3] = [...members.add(user)].join(',');
  setLine(device, '/etc/group', group, fields);
}

function leaveAll(device: FakeDevice, user: string): void {
  for (const [group, fields] of entries(device, '/etc/group')) {
    const members = (fields[3] ?? '').split(',').filter((member) => member !== user);
    setLine(device, '/etc/group', group, [...fields.slice(0, 3), members.join(',')]);
  }
}

function append(device: FakeDevice, file: string, line: string): void {
  device.put(file, `${device.get(file) ?? ''}${line}\n`);
}

function setLine(device: FakeDevice, file: string, name: string, fields: readonly string[]): void {
  const all = new Map(entries(device, file)).set(name, fields);
  device.put(file, [...all.values()].map((one) => `${one.join(':')}\n`).join(''));
}

function dropLine(device: FakeDevice, file: string, name: string): Answer {
  const all = new Map(entries(device, file));
  all.delete(name);
  device.put(file, [...all.values()].map((one) => `${one.join(':')}\n`).join(''));
  return {};
}
