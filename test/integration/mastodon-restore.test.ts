import { afterAll, beforeAll, expect, it } from 'vitest';
import { setup as dataSetup } from '../../stages/50-data/setup.ts';
import { setup as mastodonSetup } from '../../stages/70-mastodon/setup.ts';
import { backupCheck } from '../../stages/90-first-boot/agent/backup/backup-check.ts';
import { backupSetup } from '../../stages/90-first-boot/agent/backup/backup-setup.ts';
import { backupStep } from '../../stages/90-first-boot/agent/backup/backup-step.ts';
import { restoreStep } from '../../stages/90-first-boot/agent/backup/restore-step.ts';
import { restoreTopic } from '../../stages/90-first-boot/agent/backup/restore-topic.ts';
import type { AgentContext } from '../../stages/90-first-boot/agent/context.ts';
import { backupCommand } from '../../stages/90-first-boot/agent/ctl/backup-command.ts';
import { devicePaths } from '../../stages/90-first-boot/agent/device/paths.ts';
import { requestReset, runReset } from '../../stages/90-first-boot/agent/reset/run-reset.ts';
import { collect } from '../../stages/90-first-boot/agent/setup/collected.ts';
import { answered, dataSteps, MastodonHost, mastodonSteps } from '../helpers/mastodon-host.ts';

const state = '/var/lib/hearth/mastodon';
const media = '/srv/hearth/mastodon/system/media_attachments/files';
const place = { where: 'folder', folder: '/srv/disk/backups', encrypt: 'yes', keep: '5' };

let mastodon: MastodonHost;
let context: AgentContext;
/** What a device must have again after a restore. */
let before: Awaited<ReturnType<typeof look>>;
let password: string;
let recoveryKey: string;
const reports: string[] = [];

beforeAll(async () => {
  mastodon = await MastodonHost.start();
  const { host } = mastodon;
  context = {
    root: host.root,
    paths: devicePaths(host.root),
    look: host.look,
    setups: collect([
      { stage: '50-data', ...dataSetup },
      { stage: '70-mastodon', ...mastodonSetup },
      { stage: '90-first-boot', ...backupSetup },
    ]),
    report: (line) => reports.push(line),
  };
  await host.shell('mkdir -p /srv/disk && mount -t tmpfs -o size=200m,mode=755 tmpfs /srv/disk');
  host.put('/usr/lib/systemd/system/hearth-apply.service', applier);
  host.put('/usr/lib/systemd/system/hearth-backup.timer', '[Timer]\nOnCalendar=daily\n');
  host.put('/etc/hearth/release', 'HEARTH_VERSION=1.2.3\n');
  host.put('/etc/hostname', 'hearth\n');
  storeAnswers();
  await mastodon.apply(mastodonSteps);
  await host.step(backupStep, { backup: place });
  password = host.get(`${state}/owner-password`).trim();
  recoveryKey = host.get('/var/lib/hearth/backup/recovery-key').trim();
}, 180_000);

afterAll(async () => await mastodon?.[Symbol.asyncDispose]());

it('a backup is made while Mastodon works, and proved in a database of its own', async () => {
  const { cluster } = mastodon;
  await mastodon.post('Grüße aus dem Herd');
  await cluster.push('default', 'UnderstudyMediaWorker', ['cat.png', 'a picture of a cat']);
  await cluster.until(async () => mastodon.host.has(`${media}/cat.png`));
  before = await look();

  expect(await backup('now')).toMatch(/^hearth-hearth-\S+\.tar\.age {2}/);
  expect(await backup('verify')).toMatch(/is whole: .*\nreally restored for a trial: postgres, mastodon/);
  expect(await databases()).toBe('mastodon_production\npostgres\ntemplate0\ntemplate1');
  expect(await look()).toEqual(before);
  expect(await mastodon.signIn(password)).toBe('302');
}, 120_000);

it('a dump that is damaged is found by really restoring it', async () => {
  const { host } = mastodon;
  const good = await host.shell('ls /srv/disk/backups');
  // Damaged where the database lies, so that the backup itself is whole: its digests are of what was saved.
  await host.shell('cd /usr/lib/postgresql/17/bin && mv pg_dump pg_dump.real');
  host.put('/usr/lib/postgresql/17/bin/pg_dump', damagingDump, 0o755);
  const name = (await backup('now')).split(' ')[0] ?? '';
  await host.shell('cd /usr/lib/postgresql/17/bin && mv pg_dump.real pg_dump');

  expect(await backup(`verify ${name}`)).toMatch(/^failed[\s\S]*pg_restore/);
  expect(await backup(`restore ${name} --yes`)).toMatch(/^failed/);
  // Nothing came over what is there, and what was stopped for it starts again.
  expect(host.has('/run/apply-wanted')).toBe(true);
  await mastodon.apply([...dataSteps, ...mastodonSteps]);
  expect(await look()).toEqual(before);
  expect(await databases()).not.toContain('hearth_scratch');
  await host.shell(`rm /srv/disk/backups/${name}`);
  expect(await host.shell('ls /srv/disk/backups')).toEqual(good);
}, 120_000);

it('a backup comes back on the device itself, also after a restore that failed', async () => {
  await mastodon.host.shell('rm /run/apply-wanted');
  await mastodon.post('written after the backup');
  const [name = ''] = (await backup('list')).split(' ');

  expect(await backup(`restore ${name} --yes`)).toContain('is back');
  expect(mastodon.host.has('/run/apply-wanted')).toBe(true);
  await mastodon.apply([...dataSteps, ...mastodonSteps]);

  expect(await look()).toEqual(before);
  expect(await mastodon.signIn(password)).toBe('302');
  await feedsWereBuilt();
  await mastodon.post('it goes on');
}, 180_000);

it('after a factory reset the backup brings accounts, keys, posts and media to the fresh device', async () => {
  const { host, cluster } = mastodon;
  await cluster.cutPower();
  await host.look.run('systemctl', [
    'stop',
    'hearth-data-guard',
    'pgbouncer',
    'valkey-server',
    'hearth-postgres',
  ]);
  requestReset(context.paths);
  expect(await runReset(context)).toBe(0);
  expect(reports.filter((line) => line.includes('not all'))).toEqual([]);
  expect(await tracesLeft()).toBe('');
  await host.shell(
    'rm -rf /var/lib/hearth /var/lib/rancher/k3s/server /var/lib/rancher/k3s/agent/containerd',
  );
  await host.shell('install -d -m 700 /var/lib/hearth');
  mastodon.noteImages();
  await cluster.startServer();

  const values = { ...place, recoveryKey };
  const found = await restoreTopic.exchange?.(values, host.look, new AbortController().signal);
  expect(found).toMatchObject({ others: { mastodon: answered['mastodon'] } });
  await host.step(restoreStep, { restore: values });
  storeAnswers();
  await mastodon.apply([...dataSteps, ...mastodonSteps]);

  expect(await look()).toEqual(before);
  expect(await mastodon.signIn(password)).toBe('302');
  expect(await mastodon.signIn('another')).toBe('422');
  expect((await host.shell('ls /var/lib/hearth/restore')).stdout.trim()).toBe('backup.json');
  expect((await backupCheck.run(host.look)).meaning).not.toMatchObject({
    en: expect.stringContaining('cut off'),
  });
  await feedsWereBuilt();
  await mastodon.post('from the new device');
}, 180_000);

/** Accounts with the hashes of their passwords, posts, keys, and pictures with their owner. */
async function look() {
  const users = await mastodon.sql(
    'SELECT a.id, username, public_key, email, encrypted_password, otp_secret FROM accounts a LEFT JOIN users ON account_id = a.id ORDER BY 1',
  );
  const { stdout } = await mastodon.host.shell(
    `cd ${media} && stat -c '%n %u %a' * && sha256sum * && cat /var/lib/hearth/mastodon/release.json`,
  );
  return {
    users,
    posts: await mastodon.posts(),
    keys: mastodon.host.get(`${state}/keys.json`),
    mode: mastodon.host.mode(`${state}/keys.json`),
    media: stdout,
    migrations: await mastodon.sql('SELECT version FROM schema_migrations ORDER BY 1'),
    settings: await mastodon.sql('SELECT var, value FROM settings ORDER BY 1'),
  };
}

async function databases(): Promise<string> {
  return await mastodon.sql('SELECT datname FROM pg_database ORDER BY 1');
}

async function feedsWereBuilt(): Promise<void> {
  expect(await mastodon.cluster.valkey('LRANGE', 'understudy:ran', '0', '-1')).toContain('feeds build');
}

async function tracesLeft(): Promise<string> {
  const { stdout } = await mastodon.host.shell(
    `ls -d ${state} /srv/hearth/* /var/lib/hearth/{data/*,data.json,backup,restore}; grep -rlF '${password}' /var/lib/hearth /etc/hearth /srv/hearth /run/hearth`,
  );
  return stdout.trim();
}

/** Calls `hearthctl backup`; what it says, with `failed` in front if it does not end well. */
async function backup(line: string): Promise<string> {
  const said: string[] = [];
  const words = line.split(' ');
  const say = (text: string) => void said.push(text);
  const exitCode = await backupCommand.run({
    context,
    names: words.filter((word) => !word.startsWith('--')),
    options: { yes: words.includes('--yes') },
    terminal: {
      say,
      complain: say,
      isInteractive: false,
      isRoot: true,
      language: 'en',
      ask: async () => undefined,
      askSecret: async () => undefined,
    },
  });
  return `${exitCode === 0 ? '' : 'failed '}${said.join('\n')}`;
}

function storeAnswers(): void {
  mastodon.host.put('/var/lib/hearth/answers.json', JSON.stringify({ answers: answered }), 0o600);
  mastodon.host.put('/var/lib/hearth/complete', 'yes');
}

const applier = '[Service]\nType=oneshot\nExecStart=/usr/bin/touch /run/apply-wanted\n';

const damagingDump = `#!/bin/sh
/usr/lib/postgresql/17/bin/pg_dump.real "$@" || exit
for word; do case "$word" in --file=*) truncate -s -200 "\${word#--file=}" ;; esac; done
`;
