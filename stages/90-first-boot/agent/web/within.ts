/** Waits for a promise, but not longer than that: then gives undefined. What it gives later, or throws, is lost to nobody. */
export async function within<T>(promise: Promise<T>, timeoutMs: number): Promise<T | undefined> {
  promise.catch(() => {});
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), timeoutMs);
  });
  return await Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
