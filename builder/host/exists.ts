import { access } from 'node:fs/promises';

/** True if there is something at a path that we may look at. */
export async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
