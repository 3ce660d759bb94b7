import type { StageCheck } from '../../builder/stage/define.ts';
import { discoverStages } from '../../builder/stage/discover.ts';
import type { Vm } from '../../builder/vm/vm.ts';
import { testManifest } from './vm.ts';

/** What makes one device different from another. */
export interface DeviceIdentity {
  readonly machineId: string;
  /** Fingerprints of the SSH host keys, sorted. */
  readonly hostKeys: readonly string[];
  readonly setupCode: string;
}

export async function readIdentity(vm: Vm): Promise<DeviceIdentity> {
  const keys = await vm.mustRun('for key in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf "$key"; done');
  return {
    machineId: (await vm.mustRun('cat /etc/machine-id')).trim(),
    hostKeys: keys
      .split('\n')
      .flatMap((line) => line.split(' ')[1] ?? [])
      .sort(),
    setupCode: (await vm.mustRun('cat /var/lib/hearth/setup-code')).trim(),
  };
}

export interface CardUse {
  readonly cardBytes: number;
  /** Where the root partition ends on the card. */
  readonly partitionEndBytes: number;
  readonly partitionBytes: number;
  readonly fileSystemBytes: number;
}

/** How much of the card the root file system takes. */
export async function readCardUse(vm: Vm): Promise<CardUse> {
  const shown = await vm.mustRun(
    [
      'partition=$(findmnt -no SOURCE /); name=$(basename $partition)',
      'cat /sys/class/block/$name/../size /sys/class/block/$name/start /sys/class/block/$name/size',
      'tune2fs -l $partition | sed -n "s/^Block count: *//p; s/^Block size: *//p"',
    ].join('\n'),
  );
  const [cardSectors = 0, start = 0, size = 0, blocks = 0, blockBytes = 0] = shown
    .trim()
    .split('\n')
    .map(Number);
  return {
    cardBytes: cardSectors * 512,
    partitionEndBytes: (start + size) * 512,
    partitionBytes: size * 512,
    fileSystemBytes: blocks * blockBytes,
  };
}

/** True if no more than a few megabytes of the card are left over. */
export function isFilled(use: CardUse): boolean {
  const slackBytes = 4 * 1024 ** 2;
  return (
    use.cardBytes - use.partitionEndBytes <= slackBytes &&
    use.partitionBytes - use.fileSystemBytes <= slackBytes
  );
}

export interface NamedCheck extends StageCheck {
  readonly stage: string;
}

/** The checks of all stages in the image under test. */
export async function stageChecks(): Promise<readonly NamedCheck[]> {
  const manifest = await testManifest();
  const built = new Set(manifest.stages.map(({ name }) => name));
  const { stages } = await discoverStages(`${import.meta.dirname}/../..`);
  return stages
    .filter(({ name }) => built.has(name))
    .flatMap(({ name, definition }) =>
      (definition?.checks ?? []).map((check) => ({ ...check, stage: name })),
    );
}

/** Runs checks in the guest; gives a line for each that does not hold. */
export async function failedChecks(vm: Vm, checks: readonly NamedCheck[]): Promise<readonly string[]> {
  const failed: string[] = [];
  for (const { stage, what, command } of checks) {
    const { exitCode, stdout, stderr } = await vm.run(command);
    if (exitCode !== 0) failed.push(`${stage}: ${what} (exit code ${exitCode}) ${stdout}${stderr}`.trim());
  }
  return failed;
}

/** Lines of the journal that tell of units waiting for each other in a circle. */
export async function orderingCycles(vm: Vm): Promise<string> {
  const { stdout } = await vm.run("journalctl --boot --no-pager --output=cat | grep -i 'ordering cycle'");
  return stdout.trim();
}
