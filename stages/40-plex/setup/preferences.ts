import { type Account, processedId } from './account.ts';

export interface PreferenceWishes {
  readonly account: Account;
  /** Name of the server in Plex, if it has none yet. */
  readonly name: string;
  readonly transcode: string;
}

/** Preferences.xml of Plex with the account of the owner in it; all else that Plex wrote stays. */
export function withAccount(
  before: string | undefined,
  { account, name, transcode }: PreferenceWishes,
): string {
  const settings = new Map([['FriendlyName', escaped(name)], ...settingsOf(before ?? '')]);
  const ours = {
    MachineIdentifier: account.machineId,
    ProcessedMachineIdentifier: processedId(account.machineId),
    PlexOnlineToken: account.token,
    AcceptedEULA: '1',
    TranscoderTempDirectory: transcode,
  };
  for (const [key, value] of Object.entries(ours)) settings.set(key, escaped(value));
  const attributes = [...settings].map(([key, value]) => `${key}="${value}"`).join(' ');
  return `<?xml version="1.0" encoding="utf-8"?>\n<Preferences ${attributes}/>\n`;
}

/** The settings of a Preferences.xml, still escaped. Of a file that is none of Plex: nothing. */
export function settingsOf(text: string): readonly (readonly [string, string])[] {
  const [, attributes = ''] = /<Preferences\s([^<]*?)\/?>\s*(?:<\/Preferences>\s*)?$/.exec(text) ?? [];
  return [...attributes.matchAll(/([A-Za-z_][\w.-]*)="([^"]*)"/g)].map(([, key = '', value = '']) => [
    key,
    value,
  ]);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
