import type { Texts } from './texts.ts';

/** What the pages say, in German. */
export const german: Texts = {
  language: 'de',
  name: 'Deutsch',
  languages: 'Sprache',
  skipToContent: 'Zum Inhalt springen',
  errorPrefix: 'Fehler: ',
  errorTitle: 'Etwas stimmt noch nicht',
  optional: '(optional)',
  back: 'Zurück',
  next: 'Weiter',
  cancel: 'Abbrechen',
  showPassword: 'Zeigen',
  showPasswordLong: (label) => `Zeigen: ${label}`,
  busy: 'Einen Moment …',
  toStart: 'Zur Startseite',

  code: {
    title: 'Willkommen',
    text: 'Dieses Gerät wird Ihr Server zu Hause. Der Einrichtungscode zeigt, dass es Ihnen gehört.',
    otherTitle: 'Die Einrichtung hat begonnen',
    otherText:
      'Jemand richtet dieses Gerät gerade ein. Sind Sie das selbst, in einem anderen Browser oder an einem anderen Gerät? Mit dem Einrichtungscode geht es hier weiter.',
    busyTitle: 'Dieses Gerät wird eingerichtet',
    busyText: 'Es macht von selbst weiter. Mit dem Einrichtungscode können Sie zusehen.',
    label: 'Einrichtungscode',
    help: '12 Buchstaben und Ziffern. Groß oder klein und Striche sind gleichgültig.',
    passwordLabel: 'Oder Ihr Passwort aus dem Raspberry Pi Imager',
    passwordHelp: 'Das Passwort des Benutzers, den Sie beim Schreiben der Karte angelegt haben.',
    go: 'Beginnen',
    goPassword: 'Mit dem Passwort beginnen',
    whereTitle: 'Wo finde ich den Code?',
    where: [
      'Auf einem Bildschirm am HDMI-Anschluss des Geräts.',
      'In der Datei SETUP-CODE.txt auf der Speicherkarte, wenn sie in einem Computer steckt.',
    ],
    window: (minutes) =>
      `Der Code gilt eine Stunde lang nach dem Start. Es ${minutes === 1 ? 'bleibt eine Minute' : `bleiben ${minutes} Minuten`}. Danach bitte den Strom aus- und wieder einschalten.`,
    closedTitle: 'Die Stunde ist um',
    closedText:
      'Zu Ihrer Sicherheit gilt der Einrichtungscode nur in der ersten Stunde nach dem Start. Trennen Sie das Gerät kurz vom Strom, warten Sie zwei Minuten und laden Sie diese Seite neu.',
    reload: 'Neu laden',
    wrong: 'Dieser Code stimmt nicht. Bitte vergleichen Sie ihn Zeichen für Zeichen.',
    wrongPassword: 'Dieses Passwort stimmt nicht.',
    empty: 'Bitte geben Sie den Einrichtungscode ein.',
    emptyPassword: 'Bitte geben Sie das Passwort ein.',
    limited: (minutes) =>
      `Zu viele falsche Versuche. Bitte versuchen Sie es in ${minutes === 1 ? 'einer Minute' : `${minutes} Minuten`} noch einmal.`,
    taken:
      'Der Code stimmt, aber die Einrichtung ist in einem anderen Browser offen und wurde dort in den letzten 15 Minuten benutzt. Machen Sie dort weiter, oder versuchen Sie es später noch einmal.',
    over: 'Dieses Gerät ist schon eingerichtet. Bitte melden Sie sich an.',
  },

  topic: {
    step: (number, count) => `Schritt ${number} von ${count}`,
    skip: 'Vorerst überspringen',
    skipHint: 'Sie können das später auf der Statusseite nachholen.',
    save: 'Speichern',
    isSet: 'Hier ist etwas gespeichert. Es wird nicht angezeigt. Ein leeres Feld lässt es, wie es ist.',
    clear: (label) => `Gespeichertes entfernen: ${label}`,
    choose: 'Bitte auswählen',
    fromCard: 'Diese Antworten kamen von der Speicherkarte.',
  },

  check: {
    title: 'Alles richtig?',
    text: 'Am Gerät wurde noch nichts geändert. Das geschieht erst mit dem Knopf unten.',
    change: 'Ändern',
    answerNow: 'Beantworten',
    set: 'Festgelegt',
    notSet: 'Nicht festgelegt',
    skipped: 'Übersprungen. Das geht auch später.',
    open: 'Noch nicht beantwortet',
    fromCard: 'Von der Speicherkarte',
    apply: 'Jetzt einrichten',
    applyHint:
      'Das dauert einige Minuten. Sie können zusehen oder die Seite schließen: Das Gerät macht von selbst weiter.',
    missing: 'Einige Fragen brauchen noch eine Antwort.',
  },

  progress: {
    title: 'Einrichtung läuft',
    changeTitle: 'Ihre Änderungen werden übernommen',
    text: 'Sie können diese Seite schließen. Das Gerät macht von selbst weiter, auch nach einem Stromausfall.',
    percent: (percent) => `${percent} % geschafft`,
    bar: 'Fortschritt',
    steps: 'Schritte',
    waitingForPlan: 'Das Gerät macht seinen Plan.',
    states: {
      waiting: 'Wartet',
      running: 'Läuft',
      done: 'Fertig',
      failed: 'Misslungen',
      skipped: 'Ausgelassen',
    },
    failedTitle: (step) => `Das hat nicht geklappt: ${step}`,
    retry: 'Noch einmal versuchen',
    skip: 'Ohne das weitermachen',
    log: 'Protokoll ansehen',
    bundle: 'Hilfspaket herunterladen',
    bundleHint: 'Eine Datei mit Protokollen, ohne Passwörter, für jemanden, der Ihnen hilft.',
    finished: 'Alles ist fertig.',
    toStatus: 'Zur Statusseite',
    newName: 'Das Gerät hat einen neuen Namen. Seine Seite ist von nun an hier:',
    connectionLost: 'Das Gerät antwortet gerade nicht. Diese Seite versucht es weiter.',
    logTitle: (step) => `Protokoll: ${step}`,
    logEmpty: 'Im Protokoll steht noch nichts.',
    backToProgress: 'Zurück zum Fortschritt',
    changeAnswers: 'Eine Antwort ändern',
  },

  login: {
    title: 'Anmelden',
    text: 'Mit Name und Passwort des Administrators.',
    user: 'Name',
    password: 'Passwort',
    go: 'Anmelden',
    wrong: 'Name oder Passwort stimmt nicht.',
    empty: 'Bitte geben Sie Name und Passwort ein.',
    noPassword: 'Ohne Passwort anmelden',
    linkText:
      'Führen Sie auf dem Gerät „sudo hearthctl login“ aus, etwa über SSH. Öffnen Sie den Link, den es zeigt, oder geben Sie den Einmalschlüssel hier ein.',
    link: 'Einmalschlüssel',
    wrongLink: 'Dieser Schlüssel stimmt nicht oder wurde schon benutzt.',
    out: 'Abmelden',
  },

  status: {
    overall: {
      running: 'Alles läuft.',
      starting: 'Startet. Das dauert einen Moment.',
      off: 'Bereit.',
      failed: (count) =>
        count === 1 ? 'Ein Dienst braucht Aufmerksamkeit.' : `${count} Dienste brauchen Aufmerksamkeit.`,
      unknown: 'Der Zustand der Dienste ist gerade nicht bekannt.',
    },
    services: 'Dienste',
    noServices: 'In diesem Abbild sind keine Dienste.',
    refresh: 'Aktualisieren',
    states: { running: 'Läuft', starting: 'Startet', off: 'Aus', failed: 'Gestört', unknown: 'Unbekannt' },
    links: 'Öffnen',
    noted: 'Ich habe es notiert',
    notedHint:
      'Bewahren Sie es an einem sicheren Ort auf. Danach wird es vom Gerät entfernt und nicht mehr gezeigt.',
    addresses: 'Adressen',
    addressHint: 'Öffnet sich der Name nicht, etwa auf einem älteren Telefon, hilft die Zahl.',
    noAddress: 'Mit keinem Netz verbunden.',
    media: { name: 'Name', cable: 'Kabel', wifi: 'WLAN', other: 'Netz' },
    qr: 'Für Ihr Telefon',
    qrText: (url) => `QR-Code von ${url}`,
    disks: 'Speicher',
    free: (free, size) => `${free} von ${size} frei`,
    used: (percent) => `${percent} % belegt`,
    health: { good: 'Gesund', warning: 'Bitte ansehen', bad: 'Problem' },
    updates: 'Aktualisierungen',
    upToDate: 'Auf dem neuesten Stand.',
    waiting: (count) =>
      count === 1
        ? 'Eine Aktualisierung wartet und wird von selbst eingespielt.'
        : `${count} Aktualisierungen warten und werden von selbst eingespielt.`,
    notKnown: 'Das Gerät hat noch nicht nach Aktualisierungen gesehen.',
    lastLook: (when) => `Zuletzt nachgesehen am ${when}.`,
    needsRestart: 'Für eine Aktualisierung ist noch ein Neustart nötig.',
    settings: 'Einstellungen',
    change: 'Ändern',
    doNow: 'Einrichten',
    todo: 'Noch nicht eingerichtet',
    isApplying: 'Ihre Änderungen werden gerade übernommen.',
    watch: 'Zusehen',
    failedChange: 'Eine Änderung konnte nicht übernommen werden.',
    help: 'Hilfe und Pflege',
    doctor: 'Gerät prüfen',
    doctorHint: 'Sieht nach Netz, Speicher und Diensten und sagt, was zu tun ist.',
    bundle: 'Hilfspaket herunterladen',
    bundleHint: 'Protokolle und Zustände, ohne Passwörter, für jemanden, der Ihnen hilft.',
    restart: 'Neu starten',
    restartHint: 'Dauert etwa eine Minute.',
    reset: 'Auf Werkszustand zurücksetzen',
    resetHint: 'Entfernt alle Einstellungen und gibt dem Gerät einen neuen Einrichtungscode.',
    image: (name, date) => `Abbild „${name}“ vom ${date}`,
  },

  doctor: {
    title: 'Gesundheit des Geräts',
    allGood: 'Alles ist in Ordnung.',
    count: (count) =>
      count === 1 ? 'Eines braucht Ihre Aufmerksamkeit.' : `${count} Dinge brauchen Ihre Aufmerksamkeit.`,
    again: 'Noch einmal prüfen',
    toStatus: 'Zurück zur Statusseite',
    states: { good: 'Gut', warning: 'Bitte ansehen', bad: 'Problem' },
    none: 'In diesem Abbild gibt es nichts zu prüfen.',
  },

  restarting: {
    title: 'Das Gerät startet neu',
    text: 'Das dauert etwa eine Minute. Die Seite kommt von selbst wieder.',
    noScript: 'Bitte warten Sie eine Minute und öffnen Sie dann die Startseite.',
    open: 'Startseite öffnen',
    slow: 'Das dauert länger als sonst. Bitte sehen Sie nach, ob das Gerät Strom hat und seine Lampe leuchtet.',
  },

  reset: {
    title: 'Auf Werkszustand zurücksetzen',
    text: 'Alle Einstellungen, Benutzer und Passwörter dieses Geräts werden entfernt, und es startet neu. Danach hat es einen neuen Einrichtungscode.',
    warning: 'Das lässt sich nicht rückgängig machen.',
    label: (name) => `Zur Bestätigung bitte den Namen des Geräts eingeben: ${name}`,
    go: 'Gerät zurücksetzen',
    empty: 'Bitte geben Sie den Namen des Geräts ein.',
    runningTitle: 'Das Gerät wird zurückgesetzt',
    runningText:
      'Das dauert einige Minuten. Es startet neu und wartet dann auf seinen neuen Einrichtungscode. Sie finden ihn auf einem Bildschirm am HDMI-Anschluss oder in SETUP-CODE.txt auf der Speicherkarte.',
  },

  hotspot: {
    title: 'Das Gerät mit Ihrem WLAN verbinden',
    text: 'Geben Sie den Einrichtungscode ein und wählen Sie Ihr Netz. Alles andere kommt danach.',
    codeHelp:
      'Auf einem Bildschirm am HDMI-Anschluss oder in der Datei SETUP-CODE.txt auf der Speicherkarte.',
    country: 'Land',
    countryHelp: 'Jedes Land hat eigene Regeln für WLAN.',
    network: 'Netz',
    other: 'Ein anderes Netz',
    otherName: 'Name des anderen Netzes',
    otherHelp: 'Nur, wenn Ihr Netz nicht in der Liste steht.',
    open: 'offen',
    strength: ['schwach', 'mittel', 'stark'],
    password: 'WLAN-Passwort',
    passwordHelp: 'Bei einem offenen Netz leer lassen.',
    evenWithoutInternet: 'In diesem Netz bleiben, auch wenn es keinen Weg ins Internet hat',
    go: 'Verbinden',
    emptyCode: 'Bitte geben Sie den Einrichtungscode ein.',
    emptyNetwork: 'Bitte wählen Sie ein Netz, oder geben Sie den Namen eines anderen ein.',
    emptyCountry: 'Bitte wählen Sie Ihr Land.',
    failure: {
      wrongPassword: (network) => `Das Passwort für „${network}“ wurde nicht angenommen.`,
      notFound: (network) =>
        `Das Netz „${network}“ wurde nicht gefunden. Ist es in Reichweite, und stimmt der Name?`,
      noAddress: (network) =>
        `„${network}“ gab dem Gerät keine Adresse. Vielleicht ist der Router voll oder muss das Gerät erst zulassen.`,
      noInternet: (network) => `„${network}“ funktioniert, hat aber keinen Weg ins Internet.`,
      other: (network) => `Das Gerät konnte sich nicht mit „${network}“ verbinden.`,
    },
    joiningTitle: 'Das Gerät geht in Ihr WLAN',
    joiningText: (network) =>
      `Es verlässt jetzt diesen Hotspot und verbindet sich mit „${network}“. Das dauert bis zu einer halben Minute.`,
    joiningSteps: (name) => [
      'Verbinden Sie Ihr Telefon oder Ihren Computer wieder mit Ihrem eigenen WLAN.',
      `Öffnen Sie http://${name}.local`,
      'Öffnet sich der Name nicht, hilft der Bildschirm am HDMI-Anschluss: Er zeigt die Adresse als Zahl.',
    ],
    joiningBack: 'Klappt es nicht, kommt dieser Hotspot wieder und sagt, warum.',
  },

  problems: {
    badRequest: {
      title: 'Nicht verstanden',
      text: 'Der Browser hat etwas gesendet, das dieses Gerät nicht versteht.',
    },
    forbidden: {
      title: 'Nicht erlaubt',
      text: 'Dieses Formular war zu alt oder kam nicht von dieser Seite. Gehen Sie zurück, laden Sie die Seite neu und wiederholen Sie es.',
    },
    notFound: { title: 'Nicht hier', text: 'Unter dieser Adresse gibt es keine Seite.' },
    wrongMethod: { title: 'Nicht möglich', text: 'Das geht mit dieser Seite nicht.' },
    gone: {
      title: 'Die Einrichtung ist abgeschlossen',
      text: 'Dieses Gerät ist eingerichtet. Seine Einstellungen ändern Sie auf der Statusseite.',
    },
    tooLarge: { title: 'Zu viel', text: 'Das war mehr, als in ein Formular dieser Seite passt.' },
    wrongType: {
      title: 'Nicht verstanden',
      text: 'Der Browser hat das Formular auf eine Weise gesendet, die dieses Gerät nicht versteht.',
    },
    wrongHost: {
      title: 'Falsche Adresse',
      text: 'Auf diesen Namen antwortet das Gerät nicht. Es hört auf seinen Namen mit .local am Ende und auf seine IP-Adresse.',
    },
    internal: {
      title: 'Etwas ging schief',
      text: 'Die Seite konnte nicht gemacht werden. Bitte gleich noch einmal versuchen.',
    },
    unreachable: {
      title: 'Einen Moment, bitte',
      text: 'Das Gerät ist beschäftigt oder startet noch. Bitte laden Sie die Seite gleich noch einmal.',
    },
  },
};
