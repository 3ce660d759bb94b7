import type { LocalText } from '../../90-first-boot/agent/text/local-text.ts';

/** Why, and what to do. */
export type FailurePair = readonly [LocalText, LocalText];

const later = {
  en: 'Try again later. If it stays like this, go on without Plex: you can set it up on the status page at any time.',
  de: 'Versuchen Sie es später noch einmal. Bleibt es so, fahren Sie ohne Plex fort: Sie können es jederzeit auf der Statusseite einrichten.',
} as const;

/** Why Plex could not be installed. */
export const installTexts = {
  unreachable: [
    {
      en: 'The device does not reach Plex to download its program.',
      de: 'Das Gerät erreicht Plex nicht, um das Programm herunterzuladen.',
    },
    {
      en: 'See that the device is connected to the Internet (cable or Wi-Fi, router), then try again.',
      de: 'Prüfen Sie, ob das Gerät mit dem Internet verbunden ist (Kabel oder WLAN, Router), und versuchen Sie es noch einmal.',
    },
  ],
  stranger: [
    {
      en: 'Who answers as Plex can not prove to be it, so nothing was installed.',
      de: 'Wer als Plex antwortet, kann sich nicht ausweisen. Darum wurde nichts installiert.',
    },
    {
      en: 'Perhaps the clock of the device is wrong, or your network wants you to sign in first. Wait a few minutes and try again.',
      de: 'Vielleicht geht die Uhr des Geräts falsch, oder Ihr Netz verlangt zuerst eine Anmeldung. Warten Sie einige Minuten und versuchen Sie es noch einmal.',
    },
  ],
  wrongKey: [
    {
      en: 'The program is not signed with the key that this device knows of Plex, so nothing was installed. It may be a forgery, or Plex has a new key.',
      de: 'Das Programm ist nicht mit dem Schlüssel signiert, den dieses Gerät von Plex kennt. Darum wurde nichts installiert. Es kann eine Fälschung sein, oder Plex hat einen neuen Schlüssel.',
    },
    {
      en: 'Go on without Plex, and install a newer image of this device when there is one. If you are in a foreign network, try again at home.',
      de: 'Fahren Sie ohne Plex fort und nehmen Sie ein neueres Image dieses Geräts, sobald es eines gibt. In einem fremden Netz: Versuchen Sie es zu Hause noch einmal.',
    },
  ],
  tooOld: [
    {
      en: 'Plex only offers a version with known security holes, so it was not installed.',
      de: 'Plex bietet nur eine Version mit bekannten Sicherheitslücken an. Darum wurde sie nicht installiert.',
    },
    later,
  ],
  noPackage: [
    {
      en: 'Plex offers no program for this device at the moment.',
      de: 'Plex bietet zurzeit kein Programm für dieses Gerät an.',
    },
    later,
  ],
  refused: [
    {
      en: 'The server of Plex does not give the program away at the moment, or sends something broken.',
      de: 'Der Server von Plex gibt das Programm zurzeit nicht heraus oder sendet etwas Fehlerhaftes.',
    },
    later,
  ],
  diskFull: [
    {
      en: 'There is not enough room for Plex on the card or disk of the device.',
      de: 'Auf der Karte oder dem Datenträger des Geräts ist nicht genug Platz für Plex.',
    },
    {
      en: 'Remove files from the shared folder, or use a bigger card, then try again.',
      de: 'Löschen Sie Dateien aus dem gemeinsamen Ordner, oder nehmen Sie eine größere Karte. Versuchen Sie es dann noch einmal.',
    },
  ],
  busy: [
    {
      en: 'The device is installing something else.',
      de: 'Das Gerät installiert gerade etwas anderes.',
    },
    {
      en: 'Wait a quarter of an hour, then try again.',
      de: 'Warten Sie eine Viertelstunde und versuchen Sie es dann noch einmal.',
    },
  ],
  damaged: [
    {
      en: 'The program of Plex in this image is damaged, so it was not installed.',
      de: 'Das Programm von Plex in diesem Image ist beschädigt. Darum wurde es nicht installiert.',
    },
    {
      en: 'Write the image to the card again, or go on without Plex.',
      de: 'Schreiben Sie das Image noch einmal auf die Karte, oder fahren Sie ohne Plex fort.',
    },
  ],
  notInImage: [
    {
      en: 'This image does not know where Plex comes from.',
      de: 'Dieses Image weiß nicht, woher Plex kommt.',
    },
    {
      en: 'Go on without Plex. Who built the image has to add "plex" to artifacts.lock.yaml.',
      de: 'Fahren Sie ohne Plex fort. Wer das Image gebaut hat, muss „plex“ in artifacts.lock.yaml eintragen.',
    },
  ],
} as const satisfies Readonly<Record<string, FailurePair>>;
