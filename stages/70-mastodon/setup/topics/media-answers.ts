import { isIP } from 'node:net';
import type { BucketAddress, DeviceLook } from '../../../90-first-boot/agent/device/door.ts';
import type { Values } from '../../../90-first-boot/agent/setup/define.ts';

/** A bucket, and under which host everybody reads it. */
export interface MediaBucket extends BucketAddress {
  readonly publicHost: string;
}

/** What the image says about the world outside. */
export interface MediaSettings {
  /** Answers to everybody who has a way into the Internet. */
  readonly resolver: string;
  /** Where files are fetched instead of at `https://HOST`: only tests have one, and it gets the host's name. */
  readonly files?: string;
}

/** `/usr/lib/hearth/mastodon.json`, as far as the questions need it. */
export function readMediaSettings({ read }: Pick<DeviceLook, 'read'>): MediaSettings {
  const settings = JSON.parse(read('/usr/lib/hearth/mastodon.json') ?? '{}') as Partial<MediaSettings>;
  return { resolver: 'https://cloudflare-dns.com/dns-query', ...settings };
}

/** The bucket of the answers to `mastodon-media`; undefined if the media are on the device. */
export function bucketOf(values: Values | undefined): MediaBucket | undefined {
  const { where, account = '', bucket = '', accessKey = '', secretKey = '', publicHost = '' } = values ?? {};
  if (where === 'r2') {
    const endpoint = `https://${account}.r2.cloudflarestorage.com`;
    return { endpoint, region: 'auto', bucket, accessKey, secretKey, publicHost };
  }
  if (where !== 's3') return undefined;
  const endpoint = (values?.['endpoint'] ?? '').replace(/\/$/, '');
  return { endpoint, region: values?.['region'] || 'us-east-1', bucket, accessKey, secretKey, publicHost };
}

/** True for an address at home, such as that of a storage box: nobody else is asked there. */
export function isAtHome(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) === 0) return /\.(?:local|lan|home|internal)$/.test(host);
  return /^(?:10\.|127\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.|f[cd]|fe80:|::1$)/.test(host);
}
