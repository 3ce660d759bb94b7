import type { ConnectionOptions } from 'node:tls';
import type SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { FieldProblem, Values } from '../../../90-first-boot/agent/setup/define.ts';
import { type MailRelay, mailPlan } from './mail-plan.ts';
import { smtpProblem } from './smtp-problems.ts';

/** Who is believed to be the server. */
export type SmtpTrust = Pick<ConnectionOptions, 'ca'>;

const stepMs = 8_000;

/**
 * Knocks at the server of the provider: connection, TLS with a valid certificate, name and password. Sends no mail. What
 * can not be found out now is no problem.
 */
export async function liveProblems(
  values: Values,
  signal: AbortSignal,
  trust: SmtpTrust = {},
): Promise<readonly FieldProblem[]> {
  const plan = mailPlan(values);
  if (plan?.how !== 'relay') return [];
  try {
    await knock(await makeConnection(plan, trust), plan, signal);
    return [];
  } catch (error) {
    if (signal.aborted) return [];
    return [smtpProblem(error as Error, plan, values)];
  }
}

async function makeConnection(
  { server, port, isWrapped }: MailRelay,
  trust: SmtpTrust,
): Promise<SMTPConnection> {
  // Only now: else it would take memory in each process of the agent.
  const { default: Connection } = await import('nodemailer/lib/smtp-connection');
  return new Connection({
    host: server,
    port,
    secure: isWrapped,
    requireTLS: !isWrapped,
    // The name of this device means nothing out there, and is nobody's business.
    name: '[127.0.0.1]',
    connectionTimeout: stepMs,
    greetingTimeout: stepMs,
    socketTimeout: stepMs,
    dnsTimeout: stepMs,
    // Mail servers in a home network and of tests have addresses that nodemailer would leave out.
    allowInternalNetworkInterfaces: true,
    tls: { minVersion: 'TLSv1.2', ...trust },
  });
}

function knock(connection: SMTPConnection, { login }: MailRelay, signal: AbortSignal): Promise<void> {
  const end = () => connection.close();
  signal.addEventListener('abort', end);
  return new Promise<void>((resolve, reject) => {
    // It may come once more after the answer.
    connection.on('error', reject);
    connection.once('end', () => reject(new Error('the server hung up')));
    connection.connect((problem) => {
      if (problem) return reject(problem);
      if (login === undefined) return resolve();
      connection.login({ user: login.user, pass: login.password }, (refusal) =>
        refusal ? reject(refusal) : resolve(),
      );
    });
  }).finally(() => {
    signal.removeEventListener('abort', end);
    connection.quit();
    setTimeout(end, 500).unref();
  });
}
