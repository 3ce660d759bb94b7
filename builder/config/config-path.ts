/** The way from the top of config.yaml to a value: keys and list positions (from 0). */
export type ConfigPath = readonly (string | number)[];

/** `ssh.authorizedKeys[0]`; the top itself has no name. */
export function formatPath(path: ConfigPath): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
}

/** The value at a path of plain data; undefined when the path ends early. */
export function valueAt(data: unknown, path: ConfigPath): unknown {
  return path.reduce<unknown>(
    (value, step) => (isRecord(value) || Array.isArray(value) ? Reflect.get(value, step) : undefined),
    data,
  );
}

/** True for a section: an object with keys, not a list and not null. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
