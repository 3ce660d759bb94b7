/** What the owner of the tests says. Each secret has a word in it that must turn up nowhere. */
export const canary = 'Kanarienvogel';

export const answers = {
  locale: { language: 'en' },
  device: { name: 'kitchen' },
  administrator: { name: 'anna', password: `${canary} 1, "it's" $HOME` },
  time: { zone: 'Europe/Berlin' },
  updates: { install: 'security' },
  samba: { user: 'robin', password: `${canary} 2, 100% it's`, share: 'films' },
} as const;

/** The same as hearth.yaml on the card. */
export function hearthYaml(sshKey: string): string {
  const { device, administrator, time, samba } = answers;
  return `# Written on a computer before the first start
locale:
  language: en
device:
  name: ${device.name}
administrator:
  name: ${administrator.name}
  password: ${JSON.stringify(administrator.password)}
  sshKeys:
    - ${sshKey}
time:
  zone: ${time.zone}
wifi: skip
updates:
  install: security
samba:
  user: ${samba.user}
  password: ${JSON.stringify(samba.password)}
  share: ${samba.share}
`;
}
