/** What the name of a backup tells. */
export interface BackupName {
  readonly name: string;
  /** Of the device that made it. */
  readonly host: string;
  readonly at: Date;
  readonly isEncrypted: boolean;
}

const pattern = /^hearth-([a-z0-9][a-z0-9-]{0,62})-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z\.tar(\.age)?$/;

/** `hearth-attic-20261123T030000Z.tar`, with `.age` at the end if it is encrypted. */
export function makeBackupName(host: string, at: Date, isEncrypted: boolean): string {
  const stamp = `${at.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
  return `hearth-${host.toLowerCase()}-${stamp}.tar${isEncrypted ? '.age' : ''}`;
}

/** Reads the name of a backup; undefined for any other name. */
export function parseBackupName(name: string): BackupName | undefined {
  const [, host, year, month, day, hour, minute, second, ending] = pattern.exec(name) ?? [];
  if (host === undefined) return undefined;
  const at = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(at.getTime()) ? undefined : { name, host, at, isEncrypted: ending !== undefined };
}
