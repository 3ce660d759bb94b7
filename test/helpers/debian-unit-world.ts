import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import type { UnitCommand, UnitFile } from './debian-unit-file.ts';

type Environment = Readonly<Record<string, string>>;

/** True if all conditions of a unit hold below a root folder. */
export function conditionsHold(root: string, file: UnitFile): boolean {
  return ['ConditionPathExists', 'ConditionFileIsExecutable', 'ConditionPathIsDirectory'].every((key) =>
    file
      .all(`Unit.${key}`)
      .every((value) => existsSync(root + value.replace(/^!/, '')) !== value.startsWith('!')),
  );
}

/** The environment that a unit gives to its processes. */
export function environmentOf(root: string, file: UnitFile): Environment {
  const env: Record<string, string> = { INVOCATION_ID: '0'.repeat(32) };
  const add = (text: string) => {
    for (const [, name = '', quoted, bare] of text.matchAll(/([A-Za-z_]\w*)=(?:"([^"]*)"|([^\s"]*))/g))
      env[name] = quoted ?? bare ?? '';
  };
  for (const line of file.all('Service.Environment')) add(line.replace(/^"(.*)"$/, '$1'));
  for (const path of file.all('Service.EnvironmentFile')) {
    const place = root + path.replace(/^-/, '');
    if (existsSync(place)) for (const line of readFileSync(place, 'utf8').split('\n')) add(line);
  }
  return env;
}

/** Makes the folders that systemd makes for a unit. */
export function makeUnitFolders(root: string, file: UnitFile): void {
  const user = file.last('Service.User') ?? 'root';
  const group = file.last('Service.Group');
  const groupId = group === undefined ? groupOf(root, user) : idOf(root, 'group', group);
  for (const [key, place] of [
    ['RuntimeDirectory', '/run'],
    ['StateDirectory', '/var/lib'],
    ['CacheDirectory', '/var/cache'],
    ['LogsDirectory', '/var/log'],
  ] as const)
    for (const name of file.all(`Service.${key}`).flatMap((line) => line.split(/\s+/))) {
      const path = `${root}${place}/${name}`;
      mkdirSync(path, { recursive: true });
      chownSync(path, idOf(root, 'passwd', user), groupId);
      chmodSync(path, Number.parseInt(file.last(`Service.${key}Mode`) ?? '755', 8));
    }
}

/** The words that run a command with the user, group and capabilities that the unit gives it. */
export function asUnitUser(
  root: string,
  file: UnitFile,
  command: UnitCommand,
  env: Environment,
): readonly string[] {
  const variables = ['/usr/bin/env', ...Object.entries(env).map(([key, value]) => `${key}=${value}`)];
  const user = command.isRoot ? undefined : file.last('Service.User');
  if (user === undefined) return [...variables, ...command.words];
  const group = file.last('Service.Group') ?? String(groupOf(root, user));
  const capabilities = (file.last('Service.AmbientCapabilities') ?? '')
    .split(/\s+/)
    .filter((name) => name !== '')
    .map((name) => `+${name.replace(/^CAP_/, '').toLowerCase()}`)
    .join(',');
  const kept = capabilities === '' ? [] : [`--inh-caps=${capabilities}`, `--ambient-caps=${capabilities}`];
  return [
    ...['/usr/bin/setpriv', `--reuid=${user}`, `--regid=${group}`, '--init-groups', ...kept],
    ...[...variables, ...command.words],
  ];
}

function idOf(root: string, file: 'passwd' | 'group', name: string): number {
  return Number(entryOf(root, file, name)?.[2]);
}

function groupOf(root: string, user: string): number {
  return Number(entryOf(root, 'passwd', user)?.[3]);
}

function entryOf(root: string, file: string, name: string): string[] | undefined {
  const lines = readFileSync(`${root}/etc/${file}`, 'utf8').split('\n');
  return lines.find((line) => line.startsWith(`${name}:`))?.split(':');
}
