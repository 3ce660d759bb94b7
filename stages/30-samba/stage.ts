import { z } from 'zod';
import { defineStage } from '../../builder/stage/define.ts';

const shareName = z.string().regex(/^(?!(?:global|homes|printers|timemachine)$)[a-z][a-z0-9_-]{0,30}$/, {
  error: 'must be lower-case letters, digits, - and _, at most 31, and no name that Samba keeps for itself',
});
const folder = z.string().regex(/^\/srv(?:\/[A-Za-z0-9_][A-Za-z0-9._-]*)+$/, {
  error: 'must be a folder below /srv: letters, digits, - and _',
});

const samba = z.strictObject({
  share: shareName
    .default('media')
    .meta({ description: 'Name of the share that every member of the group media may use.' }),
  path: folder.default('/srv/media').meta({ description: 'Folder of that share.' }),
  workgroup: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,15}$/, 'letters, digits and -, at most 15')
    .default('WORKGROUP')
    .meta({ description: 'Windows workgroup.' }),
  minProtocol: z.enum(['SMB2_10', 'SMB3_00', 'SMB3_11']).default('SMB3_00').meta({
    description: 'Oldest protocol that is accepted. SMB2_10 lets Windows 7 and old televisions in.',
  }),
  timeMachine: z
    .boolean()
    .default(false)
    .meta({ description: 'Whether there is a second share, timemachine, for the backups of Macs.' }),
  timeMachineSize: z
    .string()
    .regex(/^[1-9][0-9]*[GT]$/, 'a number and G or T, like 500G')
    .default('500G')
    .meta({ description: 'How much of the disk Time Machine believes it has.' }),
});

export const stage = defineStage({
  summary:
    'Samba: SMB 3 shares for every computer in the house, without guests, found by macOS and Windows by themselves',
  config: { key: 'samba', schema: samba },
  overlays: ['samba'],
  checks: [
    {
      what: 'smbd answers on port 445',
      command: 'systemctl is-active smbd && ss -Hltn "sport = :445" | grep -q .',
    },
    {
      what: 'the NetBIOS, domain and winbind services are off',
      command: '! systemctl is-active nmbd winbind samba-ad-dc',
    },
    { what: 'Windows finds the device', command: 'systemctl is-active wsdd2' },
    { what: 'the configuration is valid', command: 'testparm -s >/dev/null' },
    {
      what: 'guests are refused',
      command: 'test "$(testparm -s --parameter-name="map to guest" 2>/dev/null)" = Never',
    },
    {
      what: 'SMB 1 is refused',
      command:
        'case "$(testparm -s --parameter-name="server min protocol" 2>/dev/null)" in SMB2_10|SMB3*) ;; *) exit 1 ;; esac',
    },
    {
      what: 'what is put on a share belongs to the group media',
      command:
        'for folder in $(sed -n "s/^[[:space:]]*path = //p" /etc/samba/smb.conf); do test "$(stat -c %G:%a "$folder")" = media:2775 || exit 1; done',
    },
    { what: 'the firewall lets SMB in', command: 'nft list set inet hearth tcp_in | grep -qw 445' },
  ],
});
