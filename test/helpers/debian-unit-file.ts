import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** A unit of systemd as its files say: every value of a key in its order, by `Section.Key`. */
export interface UnitFile {
  readonly name: string;
  readonly all: (key: string) => readonly string[];
  /** The last value. */
  readonly last: (key: string) => string | undefined;
}

const folders = ['/etc/systemd/system', '/run/systemd/system', '/usr/lib/systemd/system'];

/** Reads a unit and its drop-ins below a root folder; undefined if there is none or it is masked. */
export function readUnit(root: string, name: string): UnitFile | undefined {
  const [, prefix, instance] = /^([^@]+@)(.*)\.[a-z]+$/.exec(name) ?? [];
  const kind = name.slice(name.lastIndexOf('.'));
  const names = prefix === undefined ? [name] : [name, `${prefix}${kind}`];
  const file = names
    .flatMap((one) => folders.map((folder) => `${root}${folder}/${one}`))
    .find((path) => existsSync(path));
  if (file === undefined) return undefined;
  const values = new Map<string, string[]>();
  for (const path of [file, ...dropIns(root, names)]) {
    const text = readFileSync(path, 'utf8')
      .replaceAll('%i', instance ?? '')
      .replaceAll('%I', instance ?? '');
    addLines(values, text);
  }
  return {
    name,
    all: (key) => values.get(key) ?? [],
    last: (key) => values.get(key)?.at(-1),
  };
}

/** Splits a command of a unit into words, without its prefixes, and puts variables in. */
export function commandOf(line: string, env: Readonly<Record<string, string>>): UnitCommand {
  const [, prefixes = '', rest = ''] = /^([-@:+!|]*)(.*)$/s.exec(line) ?? [];
  const words = [...rest.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+)/g)].flatMap(
    ([, double, single, bare]) => {
      if (single !== undefined) return [single];
      if (double !== undefined) return [withValues(double.replace(/\\(.)/g, '$1'), env)];
      const only = /^\$([A-Z_a-z]+)$/.exec(bare ?? '')?.[1];
      if (only !== undefined) return (env[only] ?? '').split(/\s+/).filter((word) => word !== '');
      return [withValues(bare ?? '', env)];
    },
  );
  return { words, mayFail: prefixes.includes('-'), isRoot: /[+!]/.test(prefixes) };
}

export interface UnitCommand {
  readonly words: readonly string[];
  readonly mayFail: boolean;
  /** Runs as root whatever `User=` says. */
  readonly isRoot: boolean;
}

function withValues(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{([A-Za-z_]+)\}/g, (_, name: string) => env[name] ?? '').replaceAll('%%', '%');
}

function dropIns(root: string, names: readonly string[]): string[] {
  const found = new Map<string, string>();
  for (const folder of [...folders].reverse())
    for (const name of names) {
      const path = `${root}${folder}/${name}.d`;
      if (!existsSync(path)) continue;
      for (const file of readdirSync(path)) if (file.endsWith('.conf')) found.set(file, `${path}/${file}`);
    }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path);
}

function addLines(values: Map<string, string[]>, text: string): void {
  let section = '';
  for (const line of text.replace(/\\\n/g, ' ').split('\n')) {
    const heading = /^\[(\w+)\]/.exec(line)?.[1];
    if (heading !== undefined) section = heading;
    const [, key, value] = /^([A-Za-z]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (key === undefined || value === undefined) continue;
    const name = `${section}.${key}`;
    if (value === '') values.delete(name);
    else values.set(name, [...(values.get(name) ?? []), value]);
  }
}
