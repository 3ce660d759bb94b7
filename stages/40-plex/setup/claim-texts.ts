/** What can be wrong with a claim code, and what to do. */
export const claimTexts = {
  shape: {
    en: 'This is no claim code. It begins with "claim-": copy all of it from plex.tv/claim.',
    de: 'Das ist kein Claim-Code. Er beginnt mit „claim-“: Kopieren Sie ihn ganz von plex.tv/claim.',
  },
  expired: {
    en: 'Plex does not take this code any more. It is valid for four minutes and only once: get a new one at plex.tv/claim, enter it here and save at once.',
    de: 'Plex nimmt diesen Code nicht mehr an. Er gilt vier Minuten lang und nur einmal: Holen Sie auf plex.tv/claim einen neuen, tragen Sie ihn hier ein und speichern Sie gleich.',
  },
  unreachable: {
    en: 'The device does not reach plex.tv. See that it is connected to the Internet, get a new code and try again. Or skip Plex for now: you can set it up later on the status page.',
    de: 'Das Gerät erreicht plex.tv nicht. Prüfen Sie, ob es mit dem Internet verbunden ist, holen Sie einen neuen Code und versuchen Sie es noch einmal. Oder überspringen Sie Plex vorerst: Sie können es später auf der Statusseite einrichten.',
  },
  stranger: {
    en: 'Who answers as plex.tv can not prove to be it. Perhaps the clock of the device is wrong, or your network wants you to sign in first. Wait a few minutes, get a new code and try again.',
    de: 'Wer als plex.tv antwortet, kann sich nicht ausweisen. Vielleicht geht die Uhr des Geräts falsch, oder Ihr Netz verlangt zuerst eine Anmeldung. Warten Sie einige Minuten, holen Sie einen neuen Code und versuchen Sie es noch einmal.',
  },
  busy: {
    en: 'Plex got too many tries. Wait ten minutes, get a new code and try again.',
    de: 'Bei Plex sind zu viele Versuche eingegangen. Warten Sie zehn Minuten, holen Sie einen neuen Code und versuchen Sie es noch einmal.',
  },
  broken: {
    en: 'Plex has a problem at the moment. Try again later with a new code, or skip Plex for now.',
    de: 'Bei Plex gibt es gerade eine Störung. Versuchen Sie es später mit einem neuen Code, oder überspringen Sie Plex vorerst.',
  },
} as const;
