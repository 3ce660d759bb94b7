/** Prints what `parseUnitState` reads. */
export function unitStateCommand(unit: string): string {
  return `systemctl show --property=ActiveState '${unit}'; echo "Jobs=$(systemctl list-jobs --no-legend | wc -l)"`;
}

/** `waiting`: not active yet, and systemd still has something to do. */
export function parseUnitState(text: string): 'active' | 'failed' | 'inactive' | 'waiting' {
  const state = /^ActiveState=(.*)$/m.exec(text)?.[1];
  if (state === 'active' || state === 'failed') return state;
  return state === 'inactive' && /^Jobs=0$/m.test(text) ? 'inactive' : 'waiting';
}

/** The first word of each line: the names in `systemctl list-units --plain --no-legend`. */
export function parseUnitNames(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => line.trim().split(/\s+/)[0] || []);
}
