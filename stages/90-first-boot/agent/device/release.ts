import { readFileSync } from 'node:fs';

export interface Release {
  readonly version: string;
  readonly image: string;
  /** YYYY-MM-DD */
  readonly date: string;
}

/** Reads /etc/hearth/release (lines KEY=value). A missing file or line gives empty fields: the page still works. */
export function readRelease(path: string): Release {
  const fields = new Map<string, string>();
  for (const line of readLines(path)) {
    const [, key, value] = /^([A-Z_]+)=(.*)$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) fields.set(key, value);
  }
  return {
    version: fields.get('HEARTH_VERSION') ?? '',
    image: fields.get('IMAGE_NAME') ?? '',
    date: fields.get('IMAGE_DATE') ?? '',
  };
}

function readLines(path: string): readonly string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch {
    return [];
  }
}
