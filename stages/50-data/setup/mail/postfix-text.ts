import type { MailPlan, MailRelay } from './mail-plan.ts';

export const loginFile = '/etc/postfix/hearth-login';
export const sendersFile = '/etc/postfix/hearth-senders';

/** Where mail that stays here is kept, as a Maildir. */
export const mailboxFolder = '/srv/hearth/mail';

export interface PostfixHost {
  /** Name by which the device calls itself to other servers: a domain of Mastodon. */
  readonly name: string;
  /** The address of the device that its pods reach: `10.44.0.1`. */
  readonly address: string;
  /** Port there and on loopback. */
  readonly port: number;
  /** User and group id of the owner of the mailbox. */
  readonly mailbox: { readonly uid: number; readonly gid: number };
}

/** The addresses that pods have. */
const podNetwork = '10.42.0.0/16';

/**
 * The text of main.cf. It takes mail from the device and its pods only, and either brings all of it to one server with TLS
 * and a certificate that was checked, or keeps all of it here. It never looks for the server of a receiver by itself.
 */
export function mainText(plan: MailPlan, host: PostfixHost): string {
  return `# Written by the setup: changes are lost.
compatibility_level = 3.9
queue_directory = /var/spool/postfix
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
data_directory = /var/lib/postfix
myhostname = ${plain(host.name)}
mydestination =
myorigin = $myhostname
append_dot_mydomain = no
biff = no
alias_maps =
alias_database =
local_recipient_maps =

# Nobody in the home network reaches it, and nobody but the device and its pods may hand mail in.
inet_interfaces = 127.0.0.1, ${host.address}
inet_protocols = all
mynetworks = 127.0.0.1/32, ${host.address}/32, ${podNetwork}
smtpd_client_restrictions = permit_mynetworks, reject
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_reject_unlisted_sender = no
smtpd_tls_security_level = none
smtpd_banner = $myhostname ESMTP
disable_vrfy_command = yes
strict_rfc821_envelopes = yes
message_size_limit = 20480000
mailbox_size_limit = 0
virtual_mailbox_limit = 0
# A full card must not be filled by mail.
queue_minfree = 52428800
maximal_queue_lifetime = 3d
bounce_queue_lifetime = 1d
notify_classes =
${plan.how === 'relay' ? relayText(plan) : localText(host)}`;
}

/** The text of master.cf: which of Postfix's programs run. None that delivers to users of the device. */
export function masterText({ address, port }: Pick<PostfixHost, 'address' | 'port'>): string {
  const services = [
    `127.0.0.1:${port} inet n - n - - smtpd`,
    `${address}:${port} inet n - n - - smtpd`,
    'pickup unix n - n 60 1 pickup',
    'cleanup unix n - n - 0 cleanup',
    'qmgr unix n - n 300 1 qmgr',
    'tlsmgr unix - - n 1000? 1 tlsmgr',
    'rewrite unix - - n - - trivial-rewrite',
    'bounce unix - - n - 0 bounce',
    'defer unix - - n - 0 bounce',
    'trace unix - - n - 0 bounce',
    'verify unix - - n - 1 verify',
    'flush unix n - n 1000? 0 flush',
    'proxymap unix - - n - - proxymap',
    'proxywrite unix - - n - 1 proxymap',
    'smtp unix - - n - 2 smtp',
    'relay unix - - n - 2 smtp',
    'showq unix n - n - - showq',
    'error unix - - n - - error',
    'retry unix - - n - - error',
    'discard unix - - n - - discard',
    'virtual unix - n n - 2 virtual',
    'anvil unix - - n - 1 anvil',
    'scache unix - - n - 1 scache',
    'postlog unix-dgram n - n - 1 postlogd',
  ];
  return `# Written by the setup: changes are lost.\n${services.join('\n')}\n`;
}

/** Name and password for the server, only for root; undefined if it wants none. */
export function loginText({ server, port, login }: MailRelay): string | undefined {
  return login === undefined ? undefined : `[${server}]:${port} ${login.user}:${login.password}\n`;
}

/** Who may be the sender. The empty one is Postfix's own for notices about mail. */
export function sendersText({ from }: MailRelay): string {
  return `${from.toLowerCase()} OK\n<> OK\n`;
}

function relayText({ server, port, isWrapped, login }: MailRelay): string {
  const isLoggedIn = login !== undefined;
  return `
# All mail goes to the provider.
relayhost = [${plain(server)}]:${port}
local_transport = error:mail for this device itself is not taken
smtpd_sender_restrictions = check_sender_access texthash:${sendersFile}, reject
smtp_bind_address = 0.0.0.0
smtp_host_lookup = native
smtp_tls_security_level = secure
smtp_tls_secure_cert_match = nexthop
smtp_tls_wrappermode = ${isWrapped ? 'yes' : 'no'}
smtp_tls_mandatory_protocols = >=TLSv1.2
smtp_tls_CAfile = /etc/ssl/certs/ca-certificates.crt
smtp_tls_loglevel = 0
smtp_sasl_auth_enable = ${isLoggedIn ? 'yes' : 'no'}
${isLoggedIn ? loginSettings : ''}`;
}

const loginSettings = `smtp_sasl_password_maps = texthash:${loginFile}
smtp_sasl_security_options = noanonymous
smtp_sasl_mechanism_filter = plain, login
`;

function localText({ mailbox }: PostfixHost): string {
  return `
# All mail, whoever it is for, goes into one mailbox of this device.
relayhost =
default_transport = virtual
relay_transport = virtual
local_transport = virtual
virtual_transport = virtual
virtual_mailbox_base = ${mailboxFolder.replace(/\/[^/]+$/, '')}
virtual_mailbox_maps = static:${mailboxFolder.replace(/^.*\//, '')}/
virtual_minimum_uid = 100
virtual_uid_maps = static:${mailbox.uid}
virtual_gid_maps = static:${mailbox.gid}
`;
}

/** Anything else could be a setting of its own. */
function plain(name: string): string {
  if (!/^[a-z0-9][a-z0-9.-]*$/i.test(name)) throw new Error(`not a name: ${name}`);
  return name;
}
