import { lookup } from 'node:dns/promises';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { mediaFolder } from './environment.mjs';
import { sendMail } from './mail.mjs';
import { putObject } from './object-store.mjs';
import { literal } from './postgres.mjs';

/** What tests push into queues: `{"class": NAME, "args": […], "jid": …}`. What comes back lies in `understudy:done`. */
export const jobs = {
  /** to, subject, text */
  'ActionMailer::MailDeliveryJob': {
    queue: 'mailers',
    run: async ({ env }, to, subject, text) => await sendMail(env, { to, subject, text }),
  },
  /** key, text, and where it came from if it is a copy of another server's */
  UnderstudyMediaWorker: {
    run: async (at, key, text, remoteUrl = '') => await keepMedia(at, { key, text, remoteUrl }),
  },
  /** text of a post */
  UnderstudyPostWorker: {
    run: async ({ database }, text) => {
      const [row] = await database.query(
        `INSERT INTO statuses (account_id, text) SELECT id, ${literal(text)} FROM accounts
         WHERE actor_type = 'Person' ORDER BY id LIMIT 1 RETURNING id`,
      );
      return row?.id;
    },
  },
  /** Follows a relay, which takes it at once. */
  'ActivityPub::DeliveryWorker': {
    queue: 'push',
    run: async ({ database }, inboxUrl) =>
      await database.query(`UPDATE relays SET state = 2 WHERE inbox_url = ${literal(inboxUrl)}`),
  },
  /** Names are found. */
  UnderstudyLookupWorker: { run: async (_at, name) => (await lookup(name)).address },
  'Scheduler::VacuumScheduler': { queue: 'scheduler', run: async () => 'done' },
  UnderstudyEcho: { run: async (_at, ...args) => args },
};

async function keepMedia({ env, database }, { key, text, remoteUrl }) {
  const name = `media_attachments/files/${key}`;
  const url =
    env.S3_ENABLED === 'true' ? await putObject(env, name, Buffer.from(text)) : keepFile(env, name, text);
  await database.query(
    `INSERT INTO media_attachments (file_file_name, file_file_size, remote_url)
     VALUES (${literal(name)}, ${Buffer.byteLength(text)}, ${literal(remoteUrl)})`,
  );
  return url;
}

function keepFile(env, name, text) {
  const file = `${mediaFolder}/${name}`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  readFileSync(file);
  return `https://${env.WEB_DOMAIN ?? env.LOCAL_DOMAIN}/system/${name}`;
}
