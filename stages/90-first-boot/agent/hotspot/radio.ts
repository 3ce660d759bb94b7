import { readdirSync, writeFileSync } from 'node:fs';
import type { DeviceLook } from '../device/door.ts';

const switches = '/sys/class/rfkill';

/** Takes the lock by software off every wireless radio. A switch on the case stays as it is. */
export function unblockRadio(look: DeviceLook): void {
  for (const name of names(look)) {
    try {
      if (look.read(`${switches}/${name}/type`)?.trim() !== 'wlan') continue;
      if (look.read(`${switches}/${name}/soft`)?.trim() === '1')
        writeFileSync(look.path(`${switches}/${name}/soft`), '0');
    } catch {
      // Pulled out this moment, or locked by the firmware: NetworkManager's answer will tell.
    }
  }
}

function names(look: DeviceLook): readonly string[] {
  try {
    return readdirSync(look.path(switches));
  } catch {
    return [];
  }
}
