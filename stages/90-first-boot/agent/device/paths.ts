import { join } from 'node:path';

export interface DevicePaths {
  /** /var/lib/hearth: only for root. */
  readonly stateFolder: string;
  readonly setupCode: string;
  readonly answersFile: string;
  /** One file a step: which answers it was done with. */
  readonly stampsFolder: string;
  /** Key of the stamps' digests. */
  readonly stampKey: string;
  /** Lines of JSON, only ever appended to. */
  readonly eventLog: string;
  /** What steps printed, one file a step, without secrets. */
  readonly stepLogs: string;
  /** There once the device is set up. */
  readonly completeFile: string;
  /** There while a factory reset is to be done. */
  readonly resetFile: string;
  /** /run/hearth: gone with the power. */
  readonly runFolder: string;
  readonly keeperSocket: string;
  readonly sessionsFile: string;
  readonly triesFile: string;
  /** HotspotView as JSON, written by the hotspot. */
  readonly hotspotFile: string;
  /** What the keeper hands to the hotspot: the network to join. Only for root. */
  readonly joinFile: string;
  readonly fatFolder: string;
  readonly issueFile: string;
  readonly consoleDevice: string;
  /** Width and height of the screen in pixels: `1920,1080`. */
  readonly screenSize: string;
  readonly releaseFile: string;
  readonly servicesFolder: string;
  readonly resolvConf: string;
  /** Where backups go, how many stay; only for root. */
  readonly backupSettings: string;
  /** Secret age key of this device. */
  readonly backupKey: string;
  /** The same, until the owner has noted it. */
  readonly recoveryKey: string;
  /** How the last backup went. */
  readonly backupState: string;
  /** What a backup puts together before it goes to its place; empty between two. */
  readonly backupWork: string;
  /** What a backup brought back, one folder a part, until the parts have taken it over. */
  readonly restoreFolder: string;
  /** DeviceArtifactList as JSON, in the image. */
  readonly artifactsFile: string;
  /** What came in so far of files that are being fetched. */
  readonly fetchFolder: string;
  readonly systemctl: string;
}

/** Every place on the device that the agent touches. Tests hand in a fake root. */
export function devicePaths(root: string): DevicePaths {
  return {
    stateFolder: join(root, 'var/lib/hearth'),
    setupCode: join(root, 'var/lib/hearth/setup-code'),
    answersFile: join(root, 'var/lib/hearth/answers.json'),
    stampsFolder: join(root, 'var/lib/hearth/stamps'),
    stampKey: join(root, 'var/lib/hearth/stamp-key'),
    eventLog: join(root, 'var/lib/hearth/events.jsonl'),
    stepLogs: join(root, 'var/lib/hearth/step-logs'),
    completeFile: join(root, 'var/lib/hearth/complete'),
    resetFile: join(root, 'var/lib/hearth/reset'),
    runFolder: join(root, 'run/hearth'),
    keeperSocket: join(root, 'run/hearth/keeper.sock'),
    sessionsFile: join(root, 'run/hearth/sessions.json'),
    triesFile: join(root, 'run/hearth/tries.json'),
    hotspotFile: join(root, 'run/hearth/hotspot.json'),
    joinFile: join(root, 'run/hearth/join.json'),
    fatFolder: join(root, 'boot/firmware'),
    // Made anew at each boot, so no second copy of the code outlives the store.
    issueFile: join(root, 'run/issue.d/90-hearth.issue'),
    consoleDevice: join(root, 'dev/console'),
    screenSize: join(root, 'sys/class/graphics/fb0/virtual_size'),
    releaseFile: join(root, 'etc/hearth/release'),
    servicesFolder: join(root, 'usr/lib/hearth/services.d'),
    artifactsFile: join(root, 'usr/lib/hearth/artifacts.json'),
    fetchFolder: join(root, 'var/lib/hearth/fetch'),
    backupSettings: join(root, 'var/lib/hearth/backup/settings.json'),
    backupKey: join(root, 'var/lib/hearth/backup/key'),
    recoveryKey: join(root, 'var/lib/hearth/backup/recovery-key'),
    backupState: join(root, 'var/lib/hearth/backup/last.json'),
    backupWork: join(root, 'var/lib/hearth/backup/work'),
    restoreFolder: join(root, 'var/lib/hearth/restore'),
    resolvConf: join(root, 'etc/resolv.conf'),
    systemctl: join(root, 'usr/bin/systemctl'),
  };
}
