import type { SetupEvent } from '../door/protocol.ts';

const knownTypes: ReadonlySet<string> = new Set<SetupEvent['type']>([
  'runStarted',
  'stepStarted',
  'stepProgress',
  'stepFinished',
  'stepFailed',
  'stepSkipped',
  'goOn',
  'runFinished',
  'runFailed',
]);

/** The event of one line of the log; undefined for anything else, such as a line that a power cut tore off. */
export function parseEvent(line: string): SetupEvent | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const event = JSON.parse(line) as Partial<SetupEvent>;
    const isWhole =
      Number.isSafeInteger(event.id) && typeof event.run === 'number' && knownTypes.has(event.type ?? '');
    return isWhole ? (event as SetupEvent) : undefined;
  } catch {
    return undefined;
  }
}
