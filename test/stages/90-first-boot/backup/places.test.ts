import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { fetchBackup } from '../../../../stages/90-first-boot/agent/backup/restore.ts';
import { makeBackup } from '../../../../stages/90-first-boot/agent/backup/save.ts';
import { verifyBackup } from '../../../../stages/90-first-boot/agent/backup/verify.ts';
import { type ObjectStore, startObjectStore } from '../../../understudies/object-store.ts';
import { type BackupDevice, backupDevice, type DeviceOptions } from './backup-device.ts';

const devices: BackupDevice[] = [];
const stores: ObjectStore[] = [];

afterEach(async () => {
  for (const device of devices.splice(0)) device.remove();
  for (const store of stores.splice(0)) await store.close();
});

function make(options: DeviceOptions): BackupDevice {
  const device = backupDevice(options);
  devices.push(device);
  device.write('/etc/notes', 'note one');
  device.write('/srv/pictures/a.png', 'picture'.repeat(100_000));
  return device;
}

async function storeDevice(secretKey = 'secret-canary') {
  const store = await startObjectStore();
  stores.push(store);
  const bucket = store.addBucket('attic');
  store.addKey('key', { secretKey: 'secret-canary' });
  const device = make({
    isEncrypted: true,
    keep: 2,
    place: {
      ...{ kind: 's3', endpoint: store.endpoint, region: 'auto', bucket: 'attic' },
      ...{ accessKey: 'key', secretKey },
    },
  });
  return { store, bucket, device };
}

describe('a backup in an S3 store', () => {
  it('goes there and back, encrypted, and old ones are removed', async () => {
    const { device, bucket, store } = await storeDevice();
    for (let count = 0; count < 3; count++) await device.run(makeBackup);
    expect([...bucket.objects.keys()].sort()).toEqual([
      'hearth-backup/hearth-attic-20261123T050000Z.tar.age',
      'hearth-backup/hearth-attic-20261123T060000Z.tar.age',
    ]);
    const { backup, tried } = await device.run(verifyBackup);
    expect(tried).toEqual(['notes']);
    const { paths } = device.context;
    await device.run(
      async (run) => await fetchBackup({ ...run, paths }, backup, { keyFile: paths.backupKey }),
    );
    expect(device.read('/var/lib/hearth/restore/notes/pictures/a.png')).toBe('picture'.repeat(100_000));
    expect(store.mistakes).toEqual([]);
  });

  it('leaves no object behind when it breaks off', async () => {
    const { device, bucket } = await storeDevice();
    await device.run(makeBackup);
    const before = [...bucket.objects.keys()];
    device.write('/srv/pictures/large.bin', 'x'.repeat(20_000_000));
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 60);
    await expect(device.run(makeBackup, { signal: stop.signal })).rejects.toThrow();
    expect([...bucket.objects.keys()]).toEqual(before);
  });

  it('does not take an answer that is cut off for a backup', async () => {
    const { device, store } = await storeDevice();
    await device.run(makeBackup);
    const list = await device.run(async (run) => await run.target.list(run.task.signal));
    store.cutAfterBytes = 100_000;
    const { paths } = device.context;
    const [backup] = list;
    if (backup === undefined) throw new Error('no backup');
    const fetched = device.run(
      async (run) => await fetchBackup({ ...run, paths }, backup, { keyFile: paths.backupKey }),
    );
    await expect(fetched).rejects.toThrow();
    expect(existsSync(paths.restoreFolder)).toBe(false);
  });

  it('says what is wrong with the key, without showing it', async () => {
    const { device } = await storeDevice('wrong-canary');
    await expect(device.run(makeBackup)).rejects.toThrow('does not accept the access key');
    expect(readFileSync(device.context.paths.backupState, 'utf8')).not.toContain('canary');
  });
});

/** A share that is a folder, with the words of smbclient. The password must be in a file that only root reads. */
const smbclient = `
share="$(dirname "$0")/../../share"
echo "$*" >> "$share/../smb-args"
account=; command=
while [ $# -gt 0 ]; do
  case "$1" in
    --authentication-file) account="$2"; shift ;;
    --command) command="$2"; shift ;;
  esac
  shift
done
[ "$(stat -c %a "$account")" = 600 ] || exit 9
grep -qx 'password = smb-canary' "$account" || { echo 'session setup failed: NT_STATUS_LOGON_FAILURE' >&2; exit 1; }
cd "$share" || exit 9
set -- $command
case "$1" in
  ls) for file in *; do [ -f "$file" ] && echo "  $file      N   $(stat -c %s "$file")  Mon Nov 23 03:00:00 2026"; done; echo; echo '		1000 blocks of size 1024. 500 blocks available' ;;
  put) if [ -e ../full ]; then head -c 1000 > "$3"; echo 'cli_push returned NT_STATUS_DISK_FULL' >&2; exit 1; fi
       if [ -e ../lossy ]; then head -c 1000 > "$3"; cat > /dev/null; exit 0; fi
       cat > "$3" ;;
  get) cat "$2" ;;
  rename) mv "$2" "$3" ;;
  rm) rm "$2" ;;
esac
exit 0`;

function shareDevice(password = 'smb-canary'): BackupDevice {
  const device = make({
    isEncrypted: true,
    keep: 1,
    place: { kind: 'smb', server: 'nas.local', share: 'Backups', folder: 'pi', user: 'anna', password },
  });
  mkdirSync(join(device.root, 'share'));
  device.program('smbclient', smbclient);
  return device;
}

function shared(device: BackupDevice): string[] {
  return readdirSync(join(device.root, 'share')).sort();
}

describe('a backup on a share', () => {
  it('goes there and back, and the password is in no argument and no file that stays', async () => {
    const device = shareDevice();
    await device.run(makeBackup);
    const second = await device.run(makeBackup);
    expect(shared(device)).toEqual([second.name]);
    expect((await device.run(verifyBackup)).tried).toEqual(['notes']);
    const args = device.read('/smb-args');
    expect(args).toContain('//nas.local/Backups');
    expect(args).not.toContain('canary');
    expect(readdirSync(join(device.root, 'run/hearth')).filter((name) => name.startsWith('backup-'))).toEqual(
      [],
    );
    expect(device.read('/var/lib/hearth/step-logs/backup.log')).not.toContain('canary');
  });

  it('is no backup when the share is full, and is cleared away by the next run', async () => {
    const device = shareDevice();
    const first = await device.run(makeBackup);
    writeFileSync(join(device.root, 'full'), '');
    await expect(device.run(makeBackup)).rejects.toThrow('not enough room at //nas.local/Backups');
    expect(
      (await device.run(async (run) => await run.target.list(run.task.signal))).map(({ name }) => name),
    ).toEqual([first.name]);
    expect(shared(device)).toHaveLength(2);
    await expect(device.run(makeBackup)).rejects.toThrow('not enough room');
    expect(shared(device)).toHaveLength(2);
  });

  it('is no backup when fewer bytes arrived than were sent', async () => {
    const device = shareDevice();
    writeFileSync(join(device.root, 'lossy'), '');
    await expect(device.run(makeBackup)).rejects.toThrow('not enough room');
    expect(shared(device).every((name) => name.endsWith('.part'))).toBe(true);
    expect(statSync(join(device.root, 'share', shared(device)[0] ?? '')).size).toBe(1000);
  });

  it('says that the password is wrong', async () => {
    const device = shareDevice('other');
    await expect(device.run(makeBackup)).rejects.toThrow('does not accept the user name and the password');
  });
});
