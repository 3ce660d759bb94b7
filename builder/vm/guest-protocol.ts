/**
 * The command channel is a line of text in each direction over a serial device of the guest. A unit from outside
 * starts a shell on the device; we teach it one function and then call it. Everything travels as base64 in single
 * lines, so neither binary output nor a stray message of the guest breaks it.
 */

/** The answer to one command. */
export interface GuestAnswer {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export type GuestLine =
  | { readonly kind: 'ready'; readonly bootId: string }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: GuestAnswer }
  | { readonly kind: 'noise' };

const readyMark = 'HEARTH-READY';
const answerMark = 'HEARTH-ANSWER';

/** The unit that puts a shell on a device. Short on purpose: it travels on the kernel's command line. */
export function channelUnit(device: string): string {
  const script = [
    `until [ -c /dev/${device} ]; do sleep 1; done`,
    `exec <>/dev/${device} >&0`,
    'stty raw -echo',
    'echo',
    `echo ${readyMark} $(</proc/sys/kernel/random/boot_id)`,
    'exec bash -s',
  ].join('; ');
  return [
    '[Unit]',
    'DefaultDependencies=no',
    'IgnoreOnIsolate=yes',
    '[Service]',
    `ExecStart=/bin/bash -c '${script.replaceAll('$', '$$$$')}'`,
    'Restart=always',
    'RestartSec=1',
    '',
  ].join('\n');
}

/** Sent once to a new shell. `folder` of the guest must be writable early in its start. */
export function channelPrelude(folder = '/run'): string {
  return [
    'export HOME=/root TERM=dumb LC_ALL=C.UTF-8 SYSTEMD_PAGER= SYSTEMD_COLORS=0',
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    // The answer begins on a line of its own, whatever the shell itself has printed before.
    `hearth_call() { local d s; d=$(mktemp -d ${folder}/hearth-vm.XXXXXX); (cd / && base64 -d <<<"$3" >"$d/c" && exec timeout -k 5 "$2" bash "$d/c" </dev/null >"$d/o" 2>"$d/e"); s=$?; printf '\\n%s\\n' "${answerMark} $1 $s $(base64 -w0 "$d/o") $(base64 -w0 "$d/e")."; rm -rf "$d"; }`,
    '',
  ].join('\n');
}

/** `timeout` ends the command with exit code 124. */
export function encodeCall(id: number, command: string, timeoutSeconds: number): string {
  return `hearth_call ${id} ${Math.ceil(timeoutSeconds)} ${Buffer.from(command).toString('base64')}\n`;
}

export function parseGuestLine(line: string): GuestLine {
  const [mark, ...words] = line.replace(/\r$/, '').split(' ');
  if (mark === readyMark && words.length === 1 && words[0]) return { kind: 'ready', bootId: words[0] };
  const last = words[3];
  if (mark !== answerMark || words.length !== 4 || !last?.endsWith('.')) return { kind: 'noise' };
  const [id, exitCode] = [Number(words[0]), Number(words[1])];
  if (!Number.isInteger(id) || !Number.isInteger(exitCode)) return { kind: 'noise' };
  const decode = (text: string) => Buffer.from(text, 'base64').toString();
  return {
    kind: 'answer',
    id,
    answer: { exitCode, stdout: decode(words[2] ?? ''), stderr: decode(last.slice(0, -1)) },
  };
}

/** For boards without a bus for the channel: tells the console how the start went. */
export function reportUnit(console: string): string {
  const script = [
    's=$(systemctl is-system-running --wait)',
    'f=$(systemctl list-units --failed --plain --no-legend | while read -r u _; do echo -n "$u "; done)',
    `echo -e "\\\\nHEARTH-REPORT $s [$f]" > /dev/${console}`,
  ].join('; ');
  return [
    '[Unit]',
    'DefaultDependencies=no',
    '[Service]',
    `ExecStart=/bin/bash -c '${script.replaceAll('$', '$$$$')}'`,
    '',
  ].join('\n');
}
