import type { UnitState } from '../device/unit-states.ts';
import type { StepView } from '../events/fold.ts';
import type { CheckResult } from '../setup/define.ts';

/** The mark: a fire under the arch of a hearth. Colours come from the page, or from here in the browser's tab. */
export const mark = `<svg class="mark" viewBox="0 0 48 48" aria-hidden="true" focusable="false">${markShapes()}</svg>`;

/** The mark as a file for the browser's tab. */
export const iconFile = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48"><style>.arch{fill:none;stroke:#8a5a3c;stroke-width:4;stroke-linecap:round;stroke-linejoin:round}.fire{fill:#d9541e}.core{fill:#ffc46b}</style>${markShapes()}</svg>`;

/** A sign for each state that differs in its shape, not only in its colour. */
export const stateSigns: Readonly<Record<UnitState, string>> = {
  running: sign('<circle cx="8" cy="8" r="7" class="fill"/><path d="M4.8 8.3 7.1 10.6 11.4 5.9"/>'),
  starting: sign('<circle cx="8" cy="8" r="6.2"/><path d="M8 4.6V8l2.3 1.6"/>'),
  off: sign('<circle cx="8" cy="8" r="6.2"/><path d="M5.4 8h5.2"/>'),
  failed: sign('<path class="fill" d="M8 .9 15.5 14.4H.5Z"/><path d="M8 5.6v4M8 12v.2"/>'),
  unknown: sign(
    '<circle cx="8" cy="8" r="6.2"/><path d="M6.2 6.4a1.9 1.9 0 1 1 2.6 1.8c-.6.3-.8.6-.8 1.2M8 11.6v.1"/>',
  ),
};

/** The same for the steps of the setup. */
export const stepSigns: Readonly<Record<StepView['state'], string>> = {
  waiting: sign('<circle cx="8" cy="8" r="6.2"/>'),
  running: stateSigns.starting,
  done: stateSigns.running,
  failed: stateSigns.failed,
  skipped: stateSigns.off,
};

/** And for what the doctor finds. */
export const checkSigns: Readonly<Record<CheckResult['state'], string>> = {
  good: stateSigns.running,
  warning: sign('<circle cx="8" cy="8" r="6.2"/><path d="M8 4.8v3.8M8 11v.2"/>'),
  bad: stateSigns.failed,
};

function sign(shapes: string): string {
  return `<svg class="sign" viewBox="0 0 16 16" aria-hidden="true" focusable="false">${shapes}</svg>`;
}

function markShapes(): string {
  return [
    '<path class="arch" d="M8 42V23a16 16 0 0 1 32 0v19M4 42h40"/>',
    '<path class="fire" d="M25 15c.6 5.500 7 8.600 7 15.400A8 8 0 0 1 24 38.500a8 8 0 0 1-8-8.100c0-3.600 1.900-5.700 3.300-7.500.300 1.900 1 2.900 2 3.300C22.200 22 21.600 18.500 25 15Z"/>',
    '<path class="core" d="M24.400 26.500c.300 2.600 3 3.900 3 7a3.400 3.400 0 0 1-6.800 0c0-2.400 3-3.700 3.800-7Z"/>',
  ].join('');
}
