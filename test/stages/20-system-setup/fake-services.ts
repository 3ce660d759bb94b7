import type { RunResult } from '../../../stages/90-first-boot/agent/device/door.ts';
import type { FakeDevice } from './fake-device.ts';

/** Adds systemctl. Which units are enabled and what was asked of which is told by `services`. */
export function addSystemctl(device: FakeDevice): {
  readonly enabled: Set<string>;
  readonly asked: string[];
} {
  const enabled = new Set<string>();
  const asked: string[] = [];
  const jobs = /^--no-block (start|stop|restart|try-restart|try-reload-or-restart)( [a-z0-9-]+\.service)+$/;
  const answers: readonly (readonly [RegExp, (found: RegExpExecArray) => Partial<RunResult>])[] = [
    [/^--quiet enable (\S+\.service)$/, ([, unit = '']) => nothing(enabled.add(unit))],
    [/^--quiet disable (\S+\.service)$/, ([, unit = '']) => nothing(enabled.delete(unit))],
    [/^is-enabled (\S+\.service)$/, ([, unit = '']) => ({ exitCode: enabled.has(unit) ? 0 : 1 })],
    [/^is-system-running$/, () => ({ stdout: 'running\n' })],
    [jobs, ([line]) => nothing(asked.push(line.replace('--no-block ', '')))],
  ];
  device.programs['systemctl'] = (args) => {
    for (const [shape, answer] of answers) {
      const found = shape.exec(args.join(' '));
      if (found !== null) return answer(found);
    }
    return undefined;
  };
  return { enabled, asked };
}

function nothing(_done: unknown): Partial<RunResult> {
  return {};
}
