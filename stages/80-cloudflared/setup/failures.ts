import { StepFailure } from '../../90-first-boot/agent/device/door.ts';
import type { ApiReply } from './cloudflare-api.ts';

/** Names of rights as Cloudflare's form has them. */
export const rightNames = {
  tunnel: 'Account: Cloudflare Tunnel: Edit',
  dns: 'Zone: DNS: Edit',
  zone: 'Zone: Zone: Read',
} as const;

const rights = Object.values(rightNames).join('; ');

/** A failure that a field of the topic is to blame for. */
export class FieldFailure extends StepFailure {
  readonly field: string;

  constructor(field: string, ...texts: ConstructorParameters<typeof StepFailure>) {
    super(...texts);
    this.field = field;
  }
}

/** Why Cloudflare did not do what was asked, in words for the owner. */
export const failures = {
  unreachable: () =>
    new StepFailure(
      { en: 'Cloudflare could not be reached.', de: 'Cloudflare war nicht zu erreichen.' },
      {
        en: 'See that the device reaches the Internet, then try again.',
        de: 'Sorgen Sie dafür, dass das Gerät ins Internet kommt, und versuchen Sie es dann noch einmal.',
      },
    ),
  badToken: () =>
    new FieldFailure(
      'apiToken',
      { en: 'Cloudflare does not know this API token.', de: 'Cloudflare kennt dieses API-Token nicht.' },
      {
        en: `Create a new one at Cloudflare (My Profile, API Tokens) with these rights: ${rights}. Then enter it in the settings of the tunnel.`,
        de: `Erstellen Sie bei Cloudflare ein neues (My Profile, API Tokens) mit diesen Rechten: ${rights}. Geben Sie es dann in den Einstellungen des Tunnels ein.`,
      },
    ),
  endedToken: () =>
    new FieldFailure(
      'apiToken',
      {
        en: 'The API token is switched off or has expired.',
        de: 'Das API-Token ist abgeschaltet oder abgelaufen.',
      },
      {
        en: 'Switch it on at Cloudflare (My Profile, API Tokens), or create a new one and enter that.',
        de: 'Schalten Sie es bei Cloudflare ein (My Profile, API Tokens), oder erstellen Sie ein neues und geben Sie dieses ein.',
      },
    ),
  noRight: (what: string) =>
    new FieldFailure(
      'apiToken',
      {
        en: `The API token lacks the right "${what}".`,
        de: `Dem API-Token fehlt das Recht „${what}“.`,
      },
      {
        en: `Edit the token at Cloudflare so that it has these rights: ${rights}. Then try again.`,
        de: `Bearbeiten Sie das Token bei Cloudflare, sodass es diese Rechte hat: ${rights}. Versuchen Sie es dann noch einmal.`,
      },
    ),
  noZone: (hostname: string) =>
    new FieldFailure(
      'hostname',
      {
        en: `No domain that this API token may use fits ${hostname}.`,
        de: `Keine Domain, die dieses API-Token benutzen darf, passt zu ${hostname}.`,
      },
      {
        en: 'Check the spelling of the name. Its domain must be in your Cloudflare account, and the token must be allowed for it (Zone Resources).',
        de: 'Prüfen Sie die Schreibweise des Namens. Seine Domain muss in Ihrem Cloudflare-Konto sein, und das Token muss für sie gelten (Zone Resources).',
      },
    ),
  sleepingZone: (zone: string) =>
    new StepFailure(
      {
        en: `Cloudflare does not answer for the domain ${zone} yet.`,
        de: `Cloudflare ist für die Domain ${zone} noch nicht zuständig.`,
      },
      {
        en: 'Enter the name servers that Cloudflare shows you where you bought the domain. When Cloudflare calls it active, try again.',
        de: 'Tragen Sie dort, wo Sie die Domain gekauft haben, die Nameserver ein, die Cloudflare Ihnen zeigt. Wenn Cloudflare sie „Active“ nennt, versuchen Sie es noch einmal.',
      },
    ),
  foreignTunnel: () =>
    new StepFailure(
      {
        en: 'The tunnel of this token belongs to another Cloudflare account than the domain.',
        de: 'Der Tunnel dieses Tokens gehört zu einem anderen Cloudflare-Konto als die Domain.',
      },
      {
        en: 'Leave the field for an existing tunnel empty: the device then makes a tunnel in the right account.',
        de: 'Lassen Sie das Feld für einen vorhandenen Tunnel leer: Das Gerät legt dann einen Tunnel im richtigen Konto an.',
      },
    ),
  goneTunnel: () =>
    new StepFailure(
      {
        en: 'This tunnel was deleted at Cloudflare, or its token was replaced by a new one.',
        de: 'Dieser Tunnel wurde bei Cloudflare gelöscht, oder sein Token wurde durch ein neues ersetzt.',
      },
      {
        en: 'Copy the token of the tunnel at Cloudflare once more, or leave that field empty: the device then makes a tunnel.',
        de: 'Kopieren Sie das Token des Tunnels bei Cloudflare noch einmal, oder lassen Sie dieses Feld leer: Das Gerät legt dann einen Tunnel an.',
      },
    ),
  localTunnel: (name: string) =>
    new StepFailure(
      {
        en: `The tunnel "${name}" takes its routes from a config.yml, not from Cloudflare.`,
        de: `Der Tunnel „${name}“ hat seine Wege aus einer config.yml, nicht von Cloudflare.`,
      },
      {
        en: 'Delete it at Cloudflare if you no longer need it, then try again. Or choose "With an own config.yml".',
        de: 'Löschen Sie ihn bei Cloudflare, wenn Sie ihn nicht mehr brauchen, und versuchen Sie es noch einmal. Oder wählen Sie „Mit einer eigenen config.yml“.',
      },
    ),
  usedName: (hostname: string, target: { readonly en: string; readonly de: string }) =>
    new StepFailure(
      {
        en: `${hostname} leads somewhere else already: ${target.en}.`,
        de: `${hostname} führt schon woandershin: ${target.de}.`,
      },
      {
        en: `If it shall lead to this device: delete the entry ${hostname} at Cloudflare (the domain, DNS, Records), then try again. Otherwise choose another name.`,
        de: `Wenn der Name zu diesem Gerät führen soll: Löschen Sie bei Cloudflare den Eintrag ${hostname} (die Domain, DNS, Records) und versuchen Sie es noch einmal. Sonst wählen Sie einen anderen Namen.`,
      },
    ),
  refused: ({ status, errors }: Pick<ApiReply, 'status' | 'errors'>) => {
    const reason = errors.map(({ message }) => message).join('; ') || `HTTP ${status}`;
    return new StepFailure(
      { en: `Cloudflare refused: ${reason}.`, de: `Cloudflare hat abgelehnt: ${reason}.` },
      {
        en: 'Please try again in a few minutes. If it stays so, use the token of a tunnel instead of an API token.',
        de: 'Bitte versuchen Sie es in einigen Minuten noch einmal. Bleibt es so, nehmen Sie statt des API-Tokens das Token eines Tunnels.',
      },
    );
  },
} as const;
