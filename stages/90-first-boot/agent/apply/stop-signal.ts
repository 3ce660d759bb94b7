/** Gives a signal that SIGTERM and SIGINT abort. Forget it when the work is done. */
export function listenForStop(): { readonly signal: AbortSignal; readonly forget: () => void } {
  const controller = new AbortController();
  const stop = () => controller.abort();
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  return {
    signal: controller.signal,
    forget: () => {
      process.off('SIGTERM', stop);
      process.off('SIGINT', stop);
    },
  };
}
