import { join } from 'node:path';

export interface DevicePaths {
  readonly setupCode: string;
  readonly fatFolder: string;
  readonly issueFile: string;
  readonly consoleDevice: string;
  readonly releaseFile: string;
  readonly servicesFolder: string;
  readonly resolvConf: string;
  readonly systemctl: string;
}

/** Every place on the device that the agent touches. Tests hand in a fake root. */
export function devicePaths(root: string): DevicePaths {
  return {
    setupCode: join(root, 'var/lib/hearth/setup-code'),
    fatFolder: join(root, 'boot/firmware'),
    // Made anew at each boot, so no second copy of the code outlives the store.
    issueFile: join(root, 'run/issue.d/90-hearth.issue'),
    consoleDevice: join(root, 'dev/console'),
    releaseFile: join(root, 'etc/hearth/release'),
    servicesFolder: join(root, 'usr/lib/hearth/services.d'),
    resolvConf: join(root, 'etc/resolv.conf'),
    systemctl: join(root, 'usr/bin/systemctl'),
  };
}
