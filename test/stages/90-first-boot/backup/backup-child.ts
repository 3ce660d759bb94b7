import { makeBackup } from '../../../../stages/90-first-boot/agent/backup/save.ts';
import { backupDevice } from './backup-device.ts';

/** A backup as a process of its own, on a device that is there: ROOT. */
const [root = ''] = process.argv.slice(2);
const device = backupDevice({ root, isEncrypted: true, keep: 2 });
device.at.time = new Date('2026-11-23T12:00:00Z');
console.log('begins');
await device.run(makeBackup);
console.log('done');
