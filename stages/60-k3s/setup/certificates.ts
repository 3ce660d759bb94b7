import { X509Certificate } from 'node:crypto';
import { readdirSync } from 'node:fs';
import type { DeviceLook } from '../../90-first-boot/agent/device/door.ts';

/** When the first of some certificates ends, and whether all of them hold already. */
export interface CertificateTimes {
  readonly firstEndMs: number;
  readonly lastBeginMs: number;
}

/** The certificates that k3s has made for itself in its data folder; undefined if there are none yet. */
export function certificateTimes(device: DeviceLook, dataFolder: string): CertificateTimes | undefined {
  const times = ['server/tls', 'agent']
    .flatMap((folder) => certificatesIn(device, `${dataFolder}/${folder}`))
    .map(({ validFrom, validTo }) => ({ beginMs: Date.parse(validFrom), endMs: Date.parse(validTo) }));
  if (times.length === 0) return undefined;
  return {
    firstEndMs: Math.min(...times.map(({ endMs }) => endMs)),
    lastBeginMs: Math.max(...times.map(({ beginMs }) => beginMs)),
  };
}

function certificatesIn(device: DeviceLook, folder: string): readonly X509Certificate[] {
  // A file may hold a chain: the first one in it is its own.
  return namesIn(device, folder).flatMap((name) => {
    try {
      return [new X509Certificate(device.read(`${folder}/${name}`) ?? '')];
    } catch {
      return [];
    }
  });
}

function namesIn(device: DeviceLook, folder: string): readonly string[] {
  try {
    return readdirSync(device.path(folder)).filter((name) => name.endsWith('.crt'));
  } catch {
    return [];
  }
}
