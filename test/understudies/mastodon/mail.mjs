import { randomBytes } from 'node:crypto';
import net from 'node:net';
import tls from 'node:tls';
import { refuse } from './refuse.mjs';

/** Sends one mail as the environment says; gives the last answer of the server. */
export async function sendMail(env, { to, subject, text }) {
  const host = env.SMTP_SERVER;
  const port = Number(env.SMTP_PORT);
  const isTls = env.SMTP_TLS === 'true' || env.SMTP_SSL === 'true';
  const line = await talk(isTls ? tls.connect({ host, port }) : net.connect({ host, port }));
  const offers = await helo(line, env);
  const starttls = env.SMTP_ENABLE_STARTTLS ?? 'auto';
  if (!isTls && (starttls === 'always' || (starttls === 'auto' && /STARTTLS/.test(offers)))) {
    await line.say('STARTTLS', 220);
    await line.secure(host, env.SMTP_OPENSSL_VERIFY_MODE !== 'none');
    await helo(line, env);
  }
  if ((env.SMTP_LOGIN ?? '') !== '') {
    const secret = Buffer.from(`\0${env.SMTP_LOGIN}\0${env.SMTP_PASSWORD}`).toString('base64');
    await line.say(`AUTH PLAIN ${secret}`, 235);
  }
  const from = /<([^>]+)>/.exec(env.SMTP_FROM_ADDRESS)?.[1] ?? env.SMTP_FROM_ADDRESS;
  await line.say(`MAIL FROM:<${env.SMTP_RETURN_PATH ?? from}>`, 250);
  await line.say(`RCPT TO:<${to}>`, 250);
  await line.say('DATA', 354);
  const id = `<${randomBytes(8).toString('hex')}@${env.LOCAL_DOMAIN}>`;
  const head = {
    From: env.SMTP_FROM_ADDRESS,
    To: to,
    Subject: subject,
    'Message-ID': id,
    Date: new Date().toUTCString(),
  };
  const lines = [
    ...Object.entries(head).map(([name, value]) => `${name}: ${value}`),
    '',
    ...text.split('\n'),
  ];
  const body = lines.map((one) => one.replace(/^\./, '..')).join('\r\n');
  const answer = await line.say(`${body}\r\n.`, 250);
  await line.say('QUIT', 221).catch(() => {});
  line.end();
  return answer;
}

async function helo(line, env) {
  return await line.say(`EHLO ${env.SMTP_DOMAIN ?? env.LOCAL_DOMAIN}`, 250);
}

async function talk(first) {
  let socket = first;
  let heard = '';
  let waiting;
  const listen = () => {
    socket.setEncoding('utf8');
    socket.on('data', (part) => {
      heard += part;
      const whole = /^(?:\d{3}-.*\r\n)*(\d{3})(?: .*)?\r\n$/.exec(heard);
      if (whole === null) return;
      const answer = heard;
      heard = '';
      waiting?.resolve({ code: Number(whole[1]), answer });
    });
    socket.on('error', (error) => waiting?.reject(error));
    socket.on('close', () => waiting?.reject(new Error('the mail server closed the connection')));
  };
  const reply = async (code) => {
    const found = await new Promise((resolve, reject) => {
      waiting = { resolve, reject };
    });
    if (found.code !== code) refuse(`Net::SMTP: ${found.answer.trim()}`);
    return found.answer;
  };
  listen();
  socket.setTimeout(30_000, () => socket.destroy(new Error('the mail server does not answer')));
  await reply(220);
  return {
    say: async (words, code) => {
      const answer = reply(code);
      socket.write(`${words}\r\n`);
      return await answer;
    },
    secure: async (servername, rejectUnauthorized) => {
      socket.removeAllListeners('data');
      socket = tls.connect({ socket, servername, rejectUnauthorized });
      await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
      listen();
    },
    end: () => socket.destroy(),
  };
}
