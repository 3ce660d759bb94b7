import type { Values } from '../../../90-first-boot/agent/setup/define.ts';
import { mayNameServer, otherProvider, providerOf } from './providers.ts';

/** The server of a provider, and what it wants to hear. */
export interface MailRelay {
  readonly how: 'relay';
  /** A name or an IPv4 address. */
  readonly server: string;
  readonly port: number;
  /** TLS from the first byte (port 465), or by STARTTLS. Never without. */
  readonly isWrapped: boolean;
  readonly login?: { readonly user: string; readonly password: string };
  /** The only sender. */
  readonly from: string;
}

/** Every mail stays on the device. */
export interface LocalMailbox {
  readonly how: 'local';
}

export type MailPlan = MailRelay | LocalMailbox;

const usualPort = 587;

/**
 * What the answers mean. Without any, mail stays on the device: what Mastodon wants to tell its owner is not lost.
 * Undefined: it can not be told where mail goes.
 */
export function mailPlan(values: Values | undefined): MailPlan | undefined {
  if (values?.['how'] !== 'relay') return { how: 'local' };
  const { user = '', password = '', from = '' } = values;
  const place = mailServer(values);
  if (place === undefined || from === '') return undefined;
  const login = user === '' ? {} : { login: { user, password } };
  return { how: 'relay', ...place, ...login, from: from.toLowerCase() };
}

/** The server that the answers name, by itself or by a provider; undefined if it is missing. */
export function mailServer(values: Values): Pick<MailRelay, 'server' | 'port' | 'isWrapped'> | undefined {
  const { provider = otherProvider, server = '', port = '' } = values;
  const known = providerOf(provider);
  const named = mayNameServer(provider) ? server.trim() : '';
  const place = named === '' ? known?.server : named;
  const number = provider === otherProvider && port !== '' ? Number(port) : (known?.port ?? usualPort);
  return place === undefined ? undefined : { server: place, port: number, isWrapped: number === 465 };
}
