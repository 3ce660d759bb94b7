/**
 * The kernel's command line without what Imager appended to start its own scripts. All other words stay as they are,
 * with the space between them.
 */
export function cleanCmdline(text: string): string {
  return text.replaceAll(imagerWord, '').trimStart();
}

/** The Wi-Fi country that Imager appended (ISO 3166), if there is one. */
export function countryOf(text: string): string | undefined {
  return /(?:^|\s)cfg80211\.ieee80211_regdom=([A-Za-z]{2})(?=\s|$)/.exec(text)?.[1]?.toUpperCase();
}

const words = [
  'systemd\\.run=(?:"[^"\\n]*"|\\S*)',
  'systemd\\.run_(?:success|failure)_action=\\S*',
  'systemd\\.unit=kernel-command-line\\.target',
  'ds=nocloud\\S*',
].join('|');

const imagerWord = new RegExp(`(?:^|(?<![ \\t])[ \\t]+)(?:${words})(?=\\s|$)`, 'g');
