import type { Emit } from '../../run/events.ts';
import { plainListener } from './plain.ts';
import { prettyListener } from './pretty.ts';

export interface BuildListener {
  readonly emit: Emit;
  /** Takes the moving part off the screen. Call it once, before anything else is printed. */
  readonly close: () => void;
}

/** A moving display for terminals; one line an event elsewhere, and in CI. */
export function buildListener(stream: NodeJS.WriteStream): BuildListener {
  const isInteractive =
    stream.isTTY === true && process.env['CI'] === undefined && process.env['TERM'] !== 'dumb';
  return isInteractive ? prettyListener(stream) : plainListener(stream);
}
