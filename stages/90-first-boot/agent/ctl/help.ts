/** What `hearthctl --help` and `hearthctl COMMAND --help` print. */
export const helpOf: Readonly<Record<string, string>> = {
  '': `Usage: hearthctl COMMAND [OPTION]...

Looks after this device. Needs root: sudo hearthctl ...

  status          state of the device, its addresses and services
  setup           answers the open questions, in the terminal or from a file
  doctor          looks for problems
  login           makes a link that opens the status page once
  code            shows the setup code, while the device is not set up
  logs            what the steps of the setup and the backups printed
  backup          makes backups, looks at them, brings one back
  reset           factory reset
  support-bundle  a file for those who help you, without secrets

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not possible now or here.
hearthctl COMMAND --help tells more.`,
  status: `Usage: hearthctl status [--json]

Shows whether the device is set up, its addresses and its services.

  hearthctl status
  hearthctl status --json | jq -r .phase`,
  setup: `Usage: hearthctl setup [--file FILE [--check [--json]] | --example]

Asks the questions that are still open, then sets the device up and shows how far it is.
With --file the answers come from a hearth.yaml instead. --check only looks for mistakes in it. --example prints one
with every question that this device asks.

  hearthctl setup
  hearthctl setup --example > hearth.yaml
  hearthctl setup --file hearth.yaml --check
  hearthctl setup --file hearth.yaml`,
  doctor: `Usage: hearthctl doctor [--json]

Looks for problems and says what to do. Exit code 1 if something is bad.

  hearthctl doctor
  hearthctl doctor --json`,
  login: `Usage: hearthctl login [--json]

Makes a link that opens the status page without a password: once, within ten minutes.

  hearthctl login`,
  code: `Usage: hearthctl code [--json]

Shows the code that the setup page asks for. Only while the device is not set up.

  hearthctl code`,
  logs: `Usage: hearthctl logs [STEP | backup] [--json]

Without STEP: the steps of the setup and how they went. With STEP: what that one printed. With backup: what the
backups printed.

  hearthctl logs
  hearthctl logs system.wifi
  hearthctl logs backup`,
  backup: `Usage: hearthctl backup now | list | verify [NAME] | restore NAME [--yes]  [--json]

now      makes a backup now; otherwise the device makes one each night
list     shows the backups, the newest first
verify   reads a backup to its end and really restores it for a trial; without NAME the newest of this device
restore  puts a backup in the place of what is on this device; asks first, --yes answers that for scripts

  hearthctl backup now
  hearthctl backup verify
  hearthctl backup restore hearth-attic-20261123T030000Z.tar`,
  reset: `Usage: hearthctl reset [--yes NAME]

Takes back the whole setup and restarts the device, which then has a new setup code.
Files in shared folders stay; the administrator's home folder is deleted.
Asks for the name of the device; --yes NAME answers that for scripts.

  hearthctl reset
  hearthctl reset --yes hearth`,
  'support-bundle': `Usage: hearthctl support-bundle [--out FILE]

Writes a .tar.gz with logs and the state of the device. Secrets are removed.

  hearthctl support-bundle
  hearthctl support-bundle --out /tmp/support.tar.gz`,
};
