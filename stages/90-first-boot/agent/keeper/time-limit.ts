/** Waits for the promise, but not longer than this: then it gives `late`. What the promise does later is nobody's. */
export function withTimeLimit<T, Late>(promise: Promise<T>, limitMs: number, late: Late): Promise<T | Late> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<Late>((resolve) => {
    timer = setTimeout(() => resolve(late), limitMs);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}
