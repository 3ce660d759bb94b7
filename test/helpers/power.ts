import type { DeviceLook } from '../../stages/90-first-boot/agent/device/door.ts';

/** What an applier gets instead of an answer when the power is gone. */
export class PowerCut extends Error {
  override readonly name = 'PowerCut';
}

/** A device up to a power cut. */
export interface Powered {
  readonly look: DeviceLook;
  /** Whoever works with `look` does nothing more, and hears nothing of what was going on. */
  readonly cut: () => void;
}

/** The device as a program sees it that the power cut ends, as SIGKILL does: it does not even get to clean up. */
export function untilPowerCut(look: DeviceLook): Powered {
  let isOff = false;
  const on = <T>(value: T): T => {
    if (isOff) throw new PowerCut();
    return value;
  };
  return {
    look: {
      path: (path) => on(look.path(path)),
      read: (path) => on(look.read(path)),
      run: async (program, args, options) => {
        on(undefined);
        return on(await look.run(program, args, options));
      },
    },
    cut: () => {
      isOff = true;
    },
  };
}
