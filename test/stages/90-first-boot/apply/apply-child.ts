import { appendFileSync } from 'node:fs';
import { runApply } from '../../../../stages/90-first-boot/agent/apply/run-steps.ts';
import { type EventLog, openEventLog } from '../../../../stages/90-first-boot/agent/events/event-log.ts';
import { fakeContext, fakeSteps } from './fake-setup.ts';

/**
 * The applier as a process of its own: ROOT PAUSE_MS [torn|after N]. With the last two it is killed as by a power cut when
 * part of the line of its N-th event is written, or just after all of it is.
 */
const [root = '', pauseMs = '0', moment = 'never', at = '0'] = process.argv.slice(2);
const context = fakeContext(root, fakeSteps({ pauseMs: Number(pauseMs) }));

process.exitCode = await runApply(context, { openLog });
for (const line of context.lines) console.log(line);

function openLog(path: string): EventLog {
  const log = openEventLog(path);
  let count = 0;
  return {
    ...log,
    append: (event, isSynced) => {
      count += 1;
      const isHere = count === Number(at);
      if (isHere && moment === 'torn') {
        appendFileSync(path, JSON.stringify(event).slice(0, 20));
        die();
      }
      const written = log.append(event, isSynced);
      if (isHere) die();
      return written;
    },
  };
}

function die(): void {
  process.kill(process.pid, 'SIGKILL');
}
