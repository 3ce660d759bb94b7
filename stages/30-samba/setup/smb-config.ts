export const configFile = '/etc/samba/smb.conf';

export interface Share {
  readonly name: string;
  /** Its folder on the device. */
  readonly path: string;
}

/** The share for everybody in an smb.conf: the first section that is not Samba's own or for backups. */
export function shareIn(config: string): Share | undefined {
  for (const section of config.split(/^(?=\[)/m)) {
    const [, name] = /^\[([^\]\n]+)\]/.exec(section) ?? [];
    const [, path] = /^\s*path\s*=\s*(\S+)\s*$/m.exec(section) ?? [];
    if (name === undefined || path === undefined) continue;
    if (!['global', 'homes', 'printers', 'timemachine'].includes(name)) return { name, path };
  }
  return undefined;
}

/** The same smb.conf with another name for that share; its folder stays. */
export function withShareName(config: string, name: string): string {
  const share = shareIn(config);
  if (share === undefined) return config;
  return config
    .split('\n')
    .map((line) => (line.trim() === `[${share.name}]` ? `[${name}]` : line))
    .join('\n');
}
